// The drawn households of a village: whom to ask, and what became of each. Without network it is noted on the tablet and
// sent later, never together with an interview.

import { empty, waiting } from "./kiosk/outbox.js";
import { canSeal, inTurn, keepPages, post, prepare } from "./tablet.js";
import { pending, sent, visited } from "./visits.js";

const PATIENCE = 10_000; // ms for which the page is waited for to be kept anew
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

const list = find("#households");
const village = list.dataset; // the wave and the psu
const rows = all("[data-household]", list);
const silent = new Set(list.dataset.silent.split(" ")); // what gives no answers
const words = new Map(all("[data-outcome]", find("#outcome-words").content).map((word) => [word.dataset.outcome, word.textContent]));
let waits = {}; // what the server was not told yet

const numberOf = (row) => row.dataset.household;
const placeOf = (row) => Number(row.dataset.place);
const isSpare = (row) => "spare" in row.dataset;
const outcomeOf = (row, noted = waits) => noted[numberOf(row)] ?? row.dataset.outcome;

// How many replacements may be asked; the rule is that of survey/fieldwork/visits.py.
function opened(noted = waits) {
  let count = 0;
  for (const row of rows) {
    if (isSpare(row) && placeOf(row) > count) break;
    if (silent.has(outcomeOf(row, noted))) count += 1;
  }
  return count;
}

const used = (noted) => Math.max(0, ...rows.filter((row) => isSpare(row) && outcomeOf(row, noted) !== "unknown").map(placeOf));
const holds = (row, outcome) => {
  const noted = { ...waits, [numberOf(row)]: outcome };
  return used(noted) <= opened(noted);
};

async function draw() {
  const open = opened();
  for (const row of rows) {
    const outcome = outcomeOf(row);
    row.hidden = isSpare(row) && placeOf(row) > open;
    row.classList.toggle("done", outcome !== "unknown");
    find("[data-state]", row).textContent = words.get(outcome);
    find("[data-unsent]", row).hidden = !(numberOf(row) in waits);
    find("[data-ask]", row).hidden = outcome === "complete" || !holds(row, "complete");
  }
  const main = rows.filter((row) => !isSpare(row));
  find("[data-known]").textContent = main.filter((row) => outcomeOf(row) !== "unknown").length;
  for (const line of all("[data-closed]", list)) line.hidden = open > 0;
  const interviews = await waiting().catch(() => 0);
  const box = find("[data-waits]");
  box.hidden = !interviews && !Object.keys(waits).length;
  find("[data-count]", box).textContent = interviews;
  find("[data-visits]", box).textContent = Object.keys(waits).length;
}

function complain(reason) {
  const box = find("[data-trouble]");
  if (reason === "signed-out" && !box.hidden && !find("[data-why=signed-out]", box).hidden) return; // told already
  box.hidden = !reason;
  for (const line of all("[data-why]", box)) line.hidden = line.dataset.why !== reason;
  if (reason) box.focus();
}

async function note(form) {
  const row = form.closest("[data-household]");
  const outcome = new FormData(form).get("outcome");
  if (!outcome) return complain("empty");
  if (!holds(row, outcome)) return complain("replaced");
  await visited(village, numberOf(row), outcome);
  complain();
  waits = await pending(village);
  form.closest("details").open = false;
  await draw();
  find("summary", row).focus();
  await send().catch(() => {}); // what is noted waits for the next time
}

// Tells the server of this village what it does not know yet. The page that is kept must know it too, before the
// tablet forgets it.
const send = inTurn(async () => {
  const known = Object.entries(waits).filter(([number]) => rows.some((row) => numberOf(row) === number));
  if (!known.length) return;
  const told = Object.fromEntries(known);
  const outcome = await post(list.dataset.address, JSON.stringify({ visits: told }), "application/json");
  if (outcome === "stored") {
    for (const row of rows) row.dataset.outcome = told[numberOf(row)] ?? row.dataset.outcome;
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, false));
    if (!canSeal(list) || (await Promise.race([keepPages([list.dataset.page]), late]))) await sent(village, told);
    waits = await pending(village);
    await draw();
  } else if (outcome !== "network") complain(outcome);
});

async function look() {
  waits = await pending(village);
  await draw();
  await empty().catch(() => {});
  await send();
  await draw();
}

list.addEventListener("submit", (event) => {
  event.preventDefault();
  note(event.target).catch(() => complain("full"));
});
const done = new URLSearchParams(location.search).get("xong");
for (const line of all("[data-done]")) line.hidden = line.dataset.done !== done;
prepare(list, [list.dataset.page, list.dataset.form, list.dataset.waves], () => look().catch(() => {}));
