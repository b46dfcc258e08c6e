// A finger on a level of satisfaction answers the question and goes on; “Back” leads back. Keys, a mouse and a screen
// reader only choose, and so does whoever comes back to an answer: they go on by the button, as elsewhere.

const SEEN = 450; // ms for which the chosen level is seen
const TWICE = 350; // ms after going on in which a touch was still meant for the level before
const LATE = 900; // ms in which “Continue” was, where nothing is chosen yet
const WITHIN = 500; // ms between a finger that leaves and the click that it makes

let shown; // the step
let open = false; // whether a scale is shown on which nothing was chosen when it came
let down = -Infinity; // when a finger came to the screen
let finger = -Infinity; // when one left it
let went = -Infinity; // when it went on by itself
let timer;

const onward = () => document.querySelector(".bar [type=submit]");
const now = () => performance.now();

document.addEventListener("showing", ({ target }) => {
  clearTimeout(timer);
  shown = target;
  went = -Infinity;
  open = target.matches("[data-onward]") && !target.querySelector(":checked");
});
addEventListener("pointerdown", () => {
  down = now();
}, true);
addEventListener("pointerup", ({ isPrimary, pointerType, width }) => {
  finger = isPrimary && pointerType === "touch" && width > 0 ? now() : -Infinity; // VoiceOver's has no width
}, true);
addEventListener("keydown", () => clearTimeout(timer), true);
addEventListener("click", (event) => {
  const { target, isTrusted, detail, buttons } = event;
  const choice = target.closest(".o");
  // Who always pressed “Continue” presses it still, and a second touch answers no question that just came, nor does one
  // that began on the question before. The click of a long touch, which the kiosk makes, is no other; the one by which
  // this goes on comes before `went`.
  const late = now() - went;
  const idle = () => target.closest("[type=submit]") === onward() && !shown.querySelector(":checked");
  const touch = now() - finger <= WITHIN;
  if ((touch && down < went) || (choice ? late < TWICE : late < LATE && idle())) {
    event.preventDefault();
    return event.stopImmediatePropagation();
  }
  const byReader = isTrusted && (!detail || buttons); // or by a key; TalkBack's click holds a button
  if (!open || !choice?.closest("[data-onward]") || byReader || !touch) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    onward().click(); // shows the next question
    went = now();
  }, SEEN);
}, true);
