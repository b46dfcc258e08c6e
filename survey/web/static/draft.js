// A draft on the person's own phone, for when the page is lost: reloaded, closed, put away for a call. It holds no
// sensitive answer and nothing that was written: these are asked again at the end. It goes when the form is sent or
// left by the quick exit, by "start anew", and 24 hours after the last answer. A device that people share never
// loads this file.

import { resume, steps } from "./form.js";

const HOLDS = 24 * 3600 * 1000; // ms
const KEY = "draft:";
const NUMBER = /^[+-]?\d+([.,]\d+)?$/;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

let at; // the step that is shown
let offered; // the draft about which the person has not decided yet
let timer;
let unsent = false; // sent in vain: the page waits for the network
let title; // of the form, while the offer has its own

// What the phone keeps; where it keeps nothing (by its settings, or full), the form goes on without a draft.

function attempt(act) {
  try {
    return act();
  } catch (_error) {
    return undefined;
  }
}

const name = () => KEY + find("#form").dataset.draft;
const names = () => Object.keys(localStorage).filter((key) => key.startsWith(KEY));
const forget = () => attempt(() => names().forEach((key) => localStorage.removeItem(key)));

function forgetOld() {
  for (const key of attempt(names) || []) {
    const age = Date.now() - (attempt(() => JSON.parse(localStorage.getItem(key)).saved) || 0);
    if (age < 0 || age >= HOLDS) localStorage.removeItem(key);
  }
}

// What may be kept

function lookedAt(condition) {
  if ("item" in condition) return [condition.item];
  const parts = [].concat(condition.not || condition.all || condition.any);
  return [].concat(...parts.map(lookedAt));
}

// The codes of what is sensitive, and of what is asked because of a sensitive answer and so would tell it
function secrets(form) {
  const secret = new Set();
  const derived = new Set();
  for (const ask of all(".ask", form)) {
    const { code } = ask.dataset;
    if (ask.dataset.if && lookedAt(JSON.parse(ask.dataset.if)).some((other) => secret.has(other))) derived.add(code);
    if (derived.has(code) || "sensitive" in ask.dataset) secret.add(code);
  }
  return { secret, derived };
}

const written = (ask) => find("textarea, input:not([type=radio]):not([type=checkbox]):not([inputmode=decimal])", ask);

function kept(ask) {
  const field = find("[inputmode=decimal]", ask);
  return field && NUMBER.test(field.value.trim()) ? [field.value.trim()] : all("input:checked", ask).map((input) => input.value);
}

function save() {
  const form = find("#form");
  if (!form || !form.dataset.draft || offered) return;
  const { secret, derived } = secrets(form);
  const answers = {};
  for (const ask of all(".ask:not([hidden])", form)) {
    if (!secret.has(ask.dataset.code) && !written(ask) && kept(ask).length) answers[ask.dataset.code] = kept(ask);
  }
  if (!Object.keys(answers).length) return void attempt(() => localStorage.removeItem(name()));
  const list = steps();
  let place = Math.max(1, list.indexOf(at));
  while (place > 1 && all(".ask:not([hidden])", list[place]).some((ask) => derived.has(ask.dataset.code))) place -= 1;
  const first = find(".ask:not([hidden])", list[place]); // none: the review
  const { id, token } = form.elements; // the token is of this id
  const draft = { id: id.value, token: token.value, code: first ? first.dataset.code : "", saved: Date.now(), answers, unsent };
  attempt(() => localStorage.setItem(name(), JSON.stringify(draft)));
  clearTimeout(timer);
  timer = setTimeout(forgetOld, HOLDS);
}

// Going on, or starting anew

function offer() {
  const form = find("#form");
  form.classList.add("offering");
  form.prepend(find("#draft-part").content.cloneNode(true));
  find(".offer [data-unsent]", form).hidden = !offered.unsent;
  title = document.title;
  document.title = `${find(".offer h1", form).textContent} · Hài Lòng`;
}

function decide(form) {
  const draft = offered;
  offered = undefined;
  form.classList.remove("offering");
  document.title = title;
  find(".offer", form).remove();
  return draft;
}

function goOn() {
  const form = find("#form");
  const { id, token, code, answers } = decide(form);
  if (token) {
    form.elements.id.value = id;
    form.elements.token.value = token;
  }
  for (const ask of all(".ask", form)) {
    for (const text of answers[ask.dataset.code] || []) {
      const number = find("[inputmode=decimal]", ask);
      if (number) number.value = text;
      else for (const input of all("input", ask)) input.checked = input.checked || input.value === text;
    }
  }
  find(".ask", form).dispatchEvent(new Event("input", { bubbles: true })); // brings what the answers call for
  const { secret } = secrets(form);
  const list = steps();
  const there = list.findIndex((step) => find(`.ask[data-code="${code}"]`, step));
  const passed = list.slice(1, there < 0 ? -1 : there);
  for (const screen of passed) {
    const asks = all(".ask:not([hidden])", screen);
    if (asks.some((ask) => secret.has(ask.dataset.code) || written(ask))) screen.dataset.again = "";
  }
  resume(there < 0 ? steps()[list.length - 1 - all("[data-again]", form).length] : list[there]);
}

function anew() {
  decide(find("#form"));
  attempt(() => localStorage.removeItem(name())); // another letter's is somebody else's
  resume(steps()[0]);
}

// When it happens

document.addEventListener("showing", (event) => {
  at = event.target;
  save();
});
document.addEventListener("input", save);
document.addEventListener("unsent", () => {
  unsent = true;
  save();
});
document.addEventListener("left", forget);
document.addEventListener("begun", () => offered && offer()); // the page came anew, in another language
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-go-on]")) goOn();
  if (event.target.closest("[data-anew]")) anew();
});
addEventListener("popstate", (event) => offered && event.stopImmediatePropagation(), true);

forgetOld();
offered = attempt(() => JSON.parse(localStorage.getItem(name())));
if (offered) offer();
