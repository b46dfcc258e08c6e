// What was answered, as an answers document ({item code: value}), and how the form was filled.

const all = (selector, within) => [...within.querySelectorAll(selector)];
const QUICK = 5; // seconds in all
const ENOUGH = 5; // questions, before the same button throughout says anything

export function answers(form) {
  const found = {};
  for (const ask of all(".ask:not([hidden])", form)) {
    const value = valueOf(ask);
    if (value !== undefined) found[ask.dataset.code] = value;
  }
  return found;
}

// What is given to a question, as the server reads it: undefined where nothing is
export function valueOf(ask) {
  const chosen = all("input:checked", ask).map((input) => Number(input.value));
  if (ask.querySelector("[type=checkbox]")) return chosen.length ? chosen : undefined;
  if (chosen.length) return chosen[0];
  const field = ask.querySelector("input:not([type=radio]), textarea");
  const text = field ? field.value.trim() : "";
  if (!text) return undefined;
  return field.inputMode === "decimal" && /^[+-]?\d+$/.test(text) ? Number(text) : text;
}

// `seconds` is what this device's own clock says between the first button and the last; no time leaves it.
export function marks(form, seconds, language) {
  const found = [`lang-${language}`];
  if (seconds < QUICK) found.push("quick");
  const places = all(".ask:not([hidden])", form)
    .map((ask) => all("[type=radio]", ask).findIndex((input) => input.checked))
    .filter((place) => place >= 0);
  if (places.length >= ENOUGH && new Set(places).size === 1) found.push("same");
  return found;
}
