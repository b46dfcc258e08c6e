// When a question is asked: the same data and the same rule as on the server (forms: Condition, shown).

// Whether a condition holds for these answers ({code: value}); an item without an answer is none of the values.
export function holds(condition, answers) {
  if ("item" in condition) {
    return [].concat(answers[condition.item]).some((value) => condition.any.includes(value));
  }
  if ("not" in condition) return !holds(condition.not, answers);
  return condition.all
    ? condition.all.every((part) => holds(part, answers))
    : condition.any.some((part) => holds(part, answers));
}

// Which of the items ({code, condition, value}, in their order) are asked: a set of codes. An answer to an item
// that is itself not asked counts for no condition.
export function asked(items) {
  const codes = new Set();
  const answers = {};
  for (const { code, condition, value } of items) {
    if (condition && !holds(condition, answers)) continue;
    codes.add(code);
    if (value !== undefined) answers[code] = value;
  }
  return codes;
}
