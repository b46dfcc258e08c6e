// The interviewer's tablet around the form: hands it over for what is sensitive, locks it, and sends.
// The person answers alone. Their answers leave the fields as soon as the tablet goes back, and only sending
// reads them again: no button, no history and no reload leads to them.

import { leave } from "./exit.js";
import { back, go, lock, steps } from "./form.js";
import { answers, marks } from "./kiosk/answers.js";
import { empty, keep, waiting } from "./kiosk/outbox.js";
import { seal } from "./kiosk/seal.js";
import { canSeal, post, prepare } from "./tablet.js";
import { visited } from "./visits.js";

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const part = (id) => document.getElementById(id).content.cloneNode(true);
const root = document.documentElement;
const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());

let holder = "interviewer"; // then "person", then "returning" until the interviewer has the tablet again
let here; // the step that is shown, or would be if nothing stood before it
const met = new Set(); // codes of the questions that the person has met since the tablet was handed over
let began = performance.now();
let day = today(); // on which this interview began: on it the interview counts
let sending = false;
const id = crypto.randomUUID?.() ?? find("#form").dataset.id; // this interview, however often it must be sent

// Whose turn it is

const isPrivate = (step) => Boolean(find(".ask[data-sensitive]:not([hidden])", step));
const codes = (step) => all(".ask", step).map((ask) => ask.dataset.code);
const wasMet = (step) => codes(step).some((code) => met.has(code));

function showing(step) {
  here = step;
  if (holder === "returning") return cover("[data-back-again]");
  if (holder === "person") {
    if (isPrivate(step)) return reveal();
    find("#form").hidden = true;
    all(".screen").filter(wasMet).forEach(lockAway);
    holder = "returning";
    return cover("[data-back-again]");
  }
  if (isPrivate(step)) cover("[data-give]");
  else reveal();
}

function lockAway(screen) {
  lock(screen);
  named(screen);
}

function named(screen) {
  const names = all(".locked:not([data-beside])", screen).map((ask) => ask.dataset.short);
  find("[data-names]", screen).textContent = names.join("; ");
}

function cover(name) {
  root.classList.add("person");
  find("#form").hidden = true;
  for (const section of all(".hand")) section.hidden = !section.matches(name);
  scrollTo(0, 0);
  find(`${name} h1`).focus({ preventScroll: true });
}

function reveal() {
  root.classList.toggle("person", holder === "person");
  for (const section of all(".hand")) section.hidden = true;
  find("#form").hidden = false;
  if (holder === "person") codes(here).forEach((code) => met.add(code));
  root.classList.toggle("first", codes(here).includes([...met][0])); // the person goes no further back
}

const actions = {
  take() {
    holder = "person";
    met.clear();
    reveal();
    heading();
  },
  return: back,
  pass() {
    const list = steps();
    go(list.slice(list.indexOf(here)).find((step) => !isPrivate(step)));
  },
  resume() {
    holder = "interviewer";
    met.clear();
    reveal();
    heading();
  },
};

function heading() {
  scrollTo(0, 0);
  find("h1, h3", here).focus({ preventScroll: true });
}

// Sending

async function send(form, locked) {
  if (sending) return;
  sending = true;
  const button = find(".bar [type=submit]", form);
  const words = button.textContent;
  button.textContent = find("[data-sending]", document.getElementById("forward-words").content).textContent;
  const helped = all("[name=helped]:checked", form).map((input) => input.value);
  const about = marks(form, (performance.now() - began) / 1000, root.lang);
  const content = { answers: { ...answers(form), ...locked }, marks: ["helped-interviewer", ...about, ...helped] };
  const adults = find("[name=adults]", form)?.value.trim();
  if (/^[1-9]\d?$/.test(adults)) content.adults = Number(adults);
  // A page that is kept may be older than the interview: its token says nothing.
  const opened = canSeal(form) ? {} : { token: form.dataset.token };
  let outcome = await post(form.action, JSON.stringify({ id, ...opened, ...content }), "application/json");
  if (["network", "signed-out", "closed"].includes(outcome) && (await keepSealed(form, content))) {
    outcome = outcome === "closed" ? "late" : "waits";
  }
  sending = false;
  if (["stored", "held", "waits", "late"].includes(outcome)) {
    if (household()) await visited(form.dataset, household(), "complete").catch(() => {});
    const { again, list, waves } = form.dataset;
    return leave(`${list ?? (outcome === "late" ? waves : again)}&xong=${outcome}`);
  }
  button.textContent = words;
  complain(form, outcome);
}

// Without network the interview waits on the tablet, sealed to the server's key, beside those of before. So does one
// that ended after the wave: a person decides on it.

async function keepSealed(form, content) {
  if (!canSeal(form)) return false;
  const { wave, unit, psu, key } = form.dataset;
  try {
    await keep(await seal(form.dataset.public, key, { day, id, mode: "interviewer", psu, unit, wave }, content));
    return true;
  } catch {
    return false; // the tablet is full: the answers stay on the page
  }
}

async function look() {
  await empty().catch(() => {});
  await count();
}

async function count() {
  const waits = await waiting().catch(() => 0);
  const box = find("[data-waits]");
  if (!box) return;
  box.hidden = waits === 0;
  find("[data-count]", box).textContent = waits;
}

function complain(form, reason) {
  find(".trouble", form)?.remove();
  find(".review", form).prepend(part("unkept-part"));
  const box = find(".trouble", form);
  for (const line of all("[data-why]", box)) line.hidden = line.dataset.why !== reason;
  box.focus();
}

// The household that is asked stands behind the # of the address, which is never sent: the list leads here.

const household = () => Number(/^#ho=([1-9]\d*)$/.exec(location.hash)?.[1]) || undefined;

function choose(form) {
  if ("list" in form.dataset && !household()) return location.replace(form.dataset.list);
  for (const place of all("[data-household]", form)) place.textContent = household();
}

// What happens

function begun() {
  find("#form").hidden = false;
  choose(find("#form"));
  const done = new URLSearchParams(location.search).get("xong");
  for (const line of all("[data-done]")) line.hidden = line.dataset.done !== done;
  all(".screen:has(.locked)").forEach(named); // the page in another language, with what was locked before
  find(".review [data-list]").before(part("helped-part"));
  count();
}

document.addEventListener("begun", begun);
document.addEventListener("showing", (event) => showing(event.target));
document.addEventListener("send", (event) => {
  event.preventDefault();
  send(event.target, event.detail);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest(".hand button");
  const does = button && Object.keys(actions).find((name) => name in button.dataset);
  if (does) actions[does]();
});
document.addEventListener(
  "submit",
  () => {
    if (!find(".intro:not([hidden])")) return;
    began = performance.now();
    day = today();
  },
  true,
);
// Half an interview is gone with the page. After sending and by the quick exit the page is empty: nothing is asked.
addEventListener("beforeunload", (event) => {
  if (find("#form") && !find(".intro:not([hidden])")) event.preventDefault();
});

// A page that the browser kept on the way back is begun anew: the person's answers stood in it.
addEventListener("pageshow", (event) => event.persisted && location.reload());

begun();
const { again, list, waves } = find("#form").dataset;
prepare(find("#form"), list ? [list, again, waves] : [again, waves], look);
