// A kiosk of one touch: the answer is sealed and kept at once, and sent with the next start.
// A reason or further answers take its place under the same id, so one person is one form.

import { leave } from "../exit.js";
import { resume, steps } from "../form.js";
import { holdBack, start } from "./kiosk.js";

const LEFT = 10; // s until it goes back by itself; the first touch ends the count
const THANKS = 3000; // ms
const TWICE = 600; // ms in which a second touch is no answer to what has just come there
const set = document.documentElement.dataset;
const find = (selector, within = document) => within.querySelector(selector);
let shown = 0;
let clock;

const answer = (code, value) => {
  const input = document.getElementById(`${code}-${value}`);
  input.checked = true;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

async function touched(level) {
  const form = find("#form");
  start();
  answer(find(".tap").dataset.tap, level);
  form.hidden = true;
  form.before(document.getElementById("why-part").content.cloneNode(true));
  find(".bar", form).hidden = true;
  shown = performance.now();
  find(".done h1").focus({ preventScroll: true });
  count(LEFT);
  if (!(await holdBack(form))) leave(set.start); // full, and no network: the start says so
}

function count(seconds) {
  clearInterval(clock);
  let left = seconds;
  clock = setInterval(() => {
    left -= 1;
    const place = find("[data-seconds]");
    if (place) place.textContent = Math.max(0, left);
    if (left <= 0) finish();
  }, 1000);
}

async function reason(value) {
  const form = find("#form");
  answer(find(".tap").dataset.why, value);
  find("[data-more]").remove();
  clearInterval(clock);
  clock = setTimeout(finish, THANKS);
  await holdBack(form);
}

function further() {
  const form = find("#form");
  clearInterval(clock);
  find(".why").remove();
  form.hidden = find(".bar", form).hidden = false;
  const { tap, why } = find(".tap").dataset;
  const next = steps().find((step, place) => place > 0 && ![tap, why].some((code) => find(`[data-code="${code}"]`, step)));
  resume(next);
}

// What is kept goes out with the next start.
function finish() {
  clearInterval(clock);
  leave(set.start);
}

document.addEventListener("pointerdown", () => {
  if (!find(".why") || performance.now() - shown < TWICE) return;
  if (!find("[data-more]")) return; // thanks alone: it goes by itself
  clearInterval(clock);
  clock = setTimeout(finish, Number(set.idle) * 1000);
  const soon = find("[data-soon]");
  if (soon) soon.style.visibility = "hidden"; // its place stays, or the button would move from under the finger
}, true);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-level], [data-reason], [data-further]");
  if (!button || performance.now() - shown < TWICE) return;
  if ("level" in button.dataset) touched(button.dataset.level);
  else if ("reason" in button.dataset) reason(button.dataset.reason);
  else further();
});
