// Coding a remark by keys: a number ticks its theme, ← and → turn the pages. Enter sends the form by itself.
// They work while the focus is in the form, and not in a text; without this script the boxes are ticked by hand.

const form = document.querySelector(".coding");
const boxes = [...form.querySelectorAll("[name=chu-de]")];

form.addEventListener("keydown", (event) => {
  if (event.target.matches("textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const box = boxes.find((one) => one.dataset.key === event.key);
  if (box) {
    event.preventDefault();
    box.checked = !box.checked;
    box.focus();
    return;
  }
  const turn = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const changed = boxes.some((one) => one.checked !== one.defaultChecked);
  if (turn && !changed) form.querySelector(`[rel=${turn}]`)?.click();
});
