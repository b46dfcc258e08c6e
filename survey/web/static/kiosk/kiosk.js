// The kiosk around the form: begins, seals and keeps what is sent, wipes, and stops rather than lose a form.
// Answers live in this page's fields alone; what leaves the page is sealed.

import { leave } from "../exit.js";
import { turn } from "../form.js";
import { answers, marks } from "./answers.js";
import { touch, watch } from "./idle.js";
import { deliver, empty, hasRoom, hold, keep, noted } from "./outbox.js";
import "./press.js";
import { seal } from "./seal.js";
import "./staff.js";

const AGAIN = 60_000; // ms between two looks whether the network is back
const SOON = 4000; // ms for which a receipt waits for its code
const set = document.documentElement.dataset;
const find = (selector, within = document) => within.querySelector(selector);
const part = (id) => document.getElementById(id).content.cloneNode(true);
const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());

// The language of the questionnaire, which may be a further one while the page’s own words are Vietnamese
const spoken = () => document.body.dataset.texts;
const language = spoken(); // in which the start stands there
const id = crypto.randomUUID?.(); // this person's form, however often it must be tried
let begun = performance.now();
let day = today(); // on which this person began: on it the form counts
let sending = false;

// Where nothing of anybody is shown: the start, the receipt, and the page that says why nobody can begin
const rests = () => Boolean(find(".stopped, .done, .intro:not([hidden])"));
const changed = () =>
  Boolean(set.size) || spoken() !== language || location.search !== "" || find("dialog[open]");
const wipe = (nothing) => (nothing && !changed() ? false : leave(set.start));

function stop(why) {
  const form = find("#form");
  if (!form) return;
  form.replaceWith(part("stopped-part"));
  for (const reason of document.querySelectorAll("[data-why]")) reason.hidden = reason.dataset.why !== why;
}

// Loaded before anybody begins: a newer page may take it from what is kept for use without network.
const canSeal = () => import("./hpke.js").then(
  () => true,
  () => false,
);

// Why nobody can begin here, or nothing
async function obstacle() {
  if (!isSecureContext || !crypto.subtle || !(await canSeal())) return "unable";
  if (await noted("unbound").catch(() => false)) return "unbound";
  if (!(await hasRoom())) return "full";
  return set.opens <= today() && today() <= set.closes ? "" : "closed";
}

// Sealing, keeping, sending

function sealed(form, seconds) {
  const about = { day, id, mode: "kiosk", unit: set.unit, wave: set.wave };
  const helped = [...form.querySelectorAll("[name=marks]:checked")].map((input) => input.value);
  const content = {
    answers: answers(form),
    marks: [...marks(form, seconds, document.documentElement.lang), ...helped],
  };
  return seal(set.public, set.key, about, content);
}

// Keeps what was answered by touch so far, under the id under which more may follow. A touch is no form filled too
// quickly. Whether it is kept.
export async function holdBack(form) {
  const item = await sealed(form, Infinity);
  return hold(item).then(
    () => true,
    async () => Boolean(await deliver(item)),
  );
}

export function start() {
  begun = performance.now();
  day = today();
}

async function send(form) {
  if (sending) return;
  sending = true;
  find(".bar [type=submit]", form).textContent = find("#forward-words").content.querySelector("[data-sending]").textContent;
  const item = await sealed(form, (performance.now() - begun) / 1000);
  const kept = await keep(item).then(
    () => true,
    () => false,
  );
  const sent = kept ? empty().then((all) => all[id], () => undefined) : deliver(item);
  const said = await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, kept ? SOON : 20_000))]);
  sending = false;
  if (kept || said) receipt(form, said);
  else complain(form);
}

function receipt(form, said) {
  form.reset();
  form.replaceWith(part("receipt-part"));
  find("[data-code]").textContent = said?.receipt ?? "";
  find("[data-day]").textContent = new Intl.DateTimeFormat("vi-VN", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());
  find(".receipt").hidden = find("[data-with-code]").hidden = !said;
  find("[data-without-code]").hidden = Boolean(said);
  const heading = find(".done h1");
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
  setTimeout(() => leave(set.start), Number(set.receipt) * 1000);
}

function complain(form) {
  find(".trouble", form)?.remove();
  find(".review", form).prepend(part("lost-part"));
  find(".bar [type=submit]", form).textContent = find("#forward-words").content.querySelector("[data-send]").textContent;
  find(".trouble", form).focus();
}

// What is pressed

document.addEventListener("send", (event) => {
  event.preventDefault();
  send(event.target);
});
document.addEventListener(
  "submit",
  () => find(".intro:not([hidden])") && start(),
  true,
);

const actions = {
  about: () => find("#about").showModal(),
  close: (button) => button.closest("dialog").close(),
  finish: () => leave(set.start),
  // Not by going there: the history of the browser would say when somebody answered in that language.
  async beginIn(link) {
    await turn(link);
    if (spoken() === link.lang) find(".bar [type=submit]").click();
  },
  size(button) {
    if (set.size) delete set.size;
    else set.size = "large";
    button.setAttribute("aria-pressed", String(Boolean(set.size)));
  },
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  const does = button && Object.keys(actions).find((name) => name in button.dataset);
  if (!does) return;
  event.preventDefault();
  actions[does](button);
});
for (const kind of ["contextmenu", "dragstart", "selectstart"]) {
  document.addEventListener(kind, (event) => event.target.closest?.("textarea, input[type=text]") || event.preventDefault());
}
addEventListener("pageshow", (event) => event.persisted && location.replace(set.start));

// The beginning

async function begin() {
  watch({ idle: Number(set.idle), warning: Number(set.warning), rests, wipe });
  const why = await obstacle();
  if (why) stop(why);
  touch();
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("message", () => (set.ready = ""));
  navigator.serviceWorker.register(`/kiosk/worker.js?languages=${set.languages}`).catch(() => {});
  setInterval(look, AGAIN);
  addEventListener("online", look);
  look();
}

// Sends what waits and asks for a newer page, which the next person gets.
async function look() {
  await empty().catch(() => {});
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage("refresh");
  const why = await obstacle();
  if (find(".stopped") ? !why : why && find(".intro:not([hidden])")) leave(set.start);
}

begin();
