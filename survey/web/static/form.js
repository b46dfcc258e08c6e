// The form question by question. Every answer lives in the form's own fields, in this page and nowhere else.

import { asked } from "./conditions.js";
import { leave } from "./exit.js";
import { valueOf } from "./kiosk/answers.js";

const SVG = "http://www.w3.org/2000/svg";
const PATIENCE = 30000; // ms for which an answer of the server is waited for
const LONG = 30; // s after which a busy server is asked again at the latest, half of the times
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const part = (id) => document.getElementById(id).content.cloneNode(true);
const removeAll = (selector, within) => all(selector, within).forEach((element) => element.remove());
const word = (name) => find(`[data-${name}]`, document.getElementById("forward-words").content).textContent;

export const asItCame = document.documentElement.outerHTML; // before a step is shown, and before anybody answers
let form, intro, screens, review; // the steps: an element each
let at; // the step that is shown
let returning = false; // came from the review to change one answer
let sending = false;
let tries = 0; // how often a busy server was asked
let timer;
// A device that many share keeps the way through the form in this page: its browser would write each entry of the
// history to the disk, and the number of them tells which questions were asked. For the same reason no step changes
// the title, on a phone either.
const shared = "shared" in document.documentElement.dataset;
const way = [0]; // the numbers of the steps on it
const locked = new Map(); // answers that were taken out of their fields: read by conditions and by sending alone

// What was answered

const value = (ask) => (locked.has(ask.dataset.code) ? locked.get(ask.dataset.code) : valueOf(ask));

// The codes that the answers so far call for
const called = () =>
  asked(
    all(".ask, .locked", form).map((ask) => ({
      code: ask.dataset.code,
      condition: ask.dataset.if && JSON.parse(ask.dataset.if),
      value: value(ask),
    })),
  );

// Asks what the answers so far call for, and hides the rest; a hidden field is not sent.
function follow() {
  const codes = called();
  for (const ask of all(".ask", form)) {
    ask.hidden = !codes.has(ask.dataset.code);
    for (const field of all("input, textarea", ask)) field.disabled = ask.hidden;
  }
}

const open = (screen) => Boolean(find(".ask:not([hidden]), .locked", screen));
// What a draft could not keep is asked again at the end.
const last = (screen) => Number("again" in screen.dataset);
const longest = () => [...screens].sort((one, other) => last(one) - last(other)); // all that may be asked, in order
export const steps = () => [intro, ...longest().filter(open), review];

// Going from step to step. On a phone each step is an entry of the browser's history, so its back button goes one step
// back.

function show(step, first = false) {
  at = step;
  quiet();
  // A tablet may have to be handed over first, and locks what was answered alone before the review is drawn.
  if (!first) step.dispatchEvent(new Event("showing", { bubbles: true }));
  removeAll(".trouble", form);
  if (step === review) fillReview();
  for (const one of [intro, ...screens, review]) one.hidden = one !== step;
  for (const banner of all("body > .made-up")) banner.hidden = step !== intro; // said once, where it begins
  for (const section of all(".part", form)) section.hidden = !section.contains(step);
  all(".ask", step).filter(isSecret).forEach(cover);
  drawProgress();
  drawBar();
  const heading = find("h1, h3", step);
  heading.tabIndex = -1;
  scrollTo(0, 0);
  if (!first) heading.focus({ preventScroll: true });
}

const depth = () => (history.state && history.state.depth) || 0; // entries of the browser's history that are this form's
const number = (step) => [intro, ...screens, review].indexOf(step);

function push(step) {
  if (shared) return void way.push(number(step));
  history.pushState({ step: number(step), depth: depth() + 1 }, "");
}

export function go(step) {
  push(step);
  show(step);
}

export function back() {
  if (!shared) return history.back();
  if (way.length > 1) way.pop();
  come(way[way.length - 1]);
}

function come(place = 0) {
  returning = false;
  const step = [intro, ...screens, review][place];
  show(steps().includes(step) ? step : intro);
}

// Takes the form up at a step, with the way there behind it.
export function resume(step) {
  if (step === intro) return show(step);
  steps().slice(1, steps().indexOf(step)).forEach(push);
  go(step);
}

function onward() {
  const list = steps();
  go(returning ? review : list[list.indexOf(at) + 1]);
  returning = false;
}

function forward() {
  if (at === review) return send();
  const asks = all(".ask:not([hidden])", at);
  const choices = find(".ask:not([hidden]) [type=radio], .ask:not([hidden]) [type=checkbox]", at);
  if (choices && asks.every((ask) => value(ask) === undefined)) return complain(choices);
  return onward();
}

function skip() {
  for (const input of all("input, textarea", at)) {
    if (input.type === "radio" || input.type === "checkbox") input.checked = false;
    else input.value = "";
  }
  follow();
  onward();
}

function complain(first) {
  removeAll(".trouble", form);
  at.prepend(part("empty-part"));
  const box = find(".trouble", at);
  find("a", box).href = `#${first.id}`;
  find(".ask:not([hidden])", at).classList.add("wrong");
  box.focus();
}

function reach(target) {
  const step = target.closest(".screen");
  if (step && step !== at) go(step);
  target.focus();
}

// What is drawn around a question

// Marks the questions of a screen, as the start counts them (effort.py): a line to write beside others is none.
function count(screen) {
  const asks = all(".ask:not([data-beside])", screen);
  const counted = asks.filter((ask) => asks.length === 1 || !find("[maxlength]", ask));
  for (const ask of counted) ask.dataset.counted = "";
  screen.dataset.questions = counted.length;
}

// The longest way is counted, so the number of questions stays and nothing goes back; what isn't asked is jumped over.
function drawProgress() {
  const list = longest();
  const place = list.indexOf(at) + 1;
  const many = list.length;
  const sum = (some) => some.reduce((before, screen) => before + Number(screen.dataset.questions), 0);
  const progress = find(".progress", form);
  progress.hidden = at === intro || at === review;
  if (progress.hidden) return;
  const sections = all(".part", form);
  const here = sections.findIndex((section) => section.contains(at));
  find("[data-title]", progress).textContent = sections[here].dataset.title;
  const [from, to] = [sum(list.slice(0, place - 1)) + 1, sum(list.slice(0, place))];
  find("[data-at]", progress).textContent = from < to ? `${from}–${to}` : to;
  find("[data-all]", progress).textContent = sum(list);

  const gone = (place - 0.5) / many;
  const middles = sections.map((section) => {
    const places = all(".screen", section).map((screen) => list.indexOf(screen) + 0.5);
    return (places[0] + places[places.length - 1]) / 2 / many;
  });
  const line = find(".waterline", progress);
  line.textContent = "";
  line.append(
    drawn("line", { x1: 0, x2: "100%", y1: 30, y2: 30 }),
    drawn("line", { x1: 0, x2: percent(gone), y1: 30, y2: 30, class: "gone" }),
    ...landmarks(middles)
      .filter((middle) => Math.abs(middle - gone) > 0.07)
      .map((middle) => islet(middle, gone)),
    drawn("use", { href: "#junk", x: percent(gone), y: 30 }),
  );
}

const percent = (share) => `${(2 + 96 * share).toFixed(2)}%`;
const islet = (middle, gone) =>
  drawn("use", { href: "#islet", x: percent(middle), y: 30, class: middle < gone ? "passed" : "" });

// An islet for each part; parts that are too near to one another share one, and a long part has several.
function landmarks(middles) {
  const near = 0.09;
  const kept = [];
  for (const middle of [...middles, 1 + near]) {
    const from = kept.length ? kept[kept.length - 1] : -near / 2;
    const gaps = Math.max(1, Math.round((middle - from) / 0.14));
    if (kept.length && middle - from > 2 * 0.14) {
      for (let gap = 1; gap < gaps; gap += 1) kept.push(from + ((middle - from) * gap) / gaps);
    }
    if (middle <= 1 && (!kept.length || middle - kept[kept.length - 1] >= near)) kept.push(middle);
  }
  return kept.filter((middle) => middle < 1);
}

function drawn(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, text] of Object.entries(attributes)) node.setAttribute(key, text);
  return node;
}

function drawBar() {
  const bar = find(".bar", form);
  find("[type=submit]", bar).textContent =
    at === intro ? word("begin") : at === review ? word("send") : returning ? word("done") : word("next");
  find("[data-back]", bar).hidden = at === intro;
  find("[data-skip]", bar).hidden = at === intro || at === review;
}

// Sensitive answers are not shown again in plain view; nor, where somebody else comes next, what was written

const isShared = "shared" in document.documentElement.dataset;
const isSecret = (ask) => "sensitive" in ask.dataset || (isShared && Boolean(find("textarea", ask)));

function cover(ask) {
  removeAll(".cover", ask);
  ask.classList.toggle("covered", value(ask) !== undefined);
  if (ask.classList.contains("covered")) ask.append(part("cover-part"));
}

function uncover(ask) {
  find(".cover", ask).remove();
  ask.classList.remove("covered");
  find("input, textarea", ask).focus();
}

// Takes the answers of a screen out of its fields for good: it says that it is answered, and nothing says how.
export function lock(screen) {
  for (const ask of all(".ask", screen)) {
    const { code } = ask.dataset;
    if (!locked.has(code)) locked.set(code, ask.hidden ? undefined : value(ask));
    ask.dataset.short = name(ask);
    ask.className = "locked";
    ask.hidden = true;
    ask.textContent = "";
  }
  screen.append(part("locked-part"));
}

// What was locked and is asked, as an answers document
function lockedAnswers() {
  const codes = called();
  const answers = {};
  for (const [code, given] of locked) if (codes.has(code) && given !== undefined) answers[code] = given;
  return answers;
}

// The review

const name = (ask) => ask.dataset.short || find("legend, h3, label", ask).textContent;

function answer(ask) {
  const shown = document.createElement("span");
  const labels = all("input:checked + label", ask);
  if (labels.length) {
    for (const label of labels) {
      const line = document.createElement("span");
      line.append(...[...label.childNodes].map((node) => node.cloneNode(true)));
      shown.append(line);
    }
  } else {
    shown.append(value(ask));
  }
  shown.className = "answer";
  return shown;
}

function fillReview() {
  const list = find("[data-list]", review);
  list.textContent = "";
  const counted = (ask) => "counted" in ask.dataset;
  const asks = all(".ask:not([hidden])", form).filter((ask) => counted(ask) || value(ask) !== undefined);
  let title;
  for (const ask of all(".ask, .locked", form)) {
    const isLocked = ask.classList.contains("locked");
    if (isLocked ? !counted(ask) : !asks.includes(ask)) continue;
    const section = ask.closest(".part");
    if (section.dataset.title !== title) {
      title = section.dataset.title;
      list.append(Object.assign(document.createElement("h2"), { textContent: title }));
    }
    const row = part("review-row").firstElementChild;
    row.dataset.of = ask.dataset.code;
    find("[data-short]", row).textContent = name(ask);
    find("[data-change] .unseen", row).textContent = ` ${name(ask)}`;
    const place = find("[data-answer]", row);
    if (isLocked) {
      place.append(part("locked-word"));
      find("[data-change]", row).remove();
    } else if (value(ask) === undefined) place.append(part("skipped-word"));
    else if ("sensitive" in ask.dataset || find("textarea", ask)) { // who looks on reads neither
      place.append(part("hidden-word"));
      find("[data-show] .unseen", place).textContent = ` ${name(ask)}`;
    } else place.append(answer(ask));
    list.append(row);
  }
  const own = asks.filter(counted);
  const answered = own.filter((ask) => value(ask) !== undefined).length;
  const counts = find("[data-counts]", review);
  counts.dataset.words = counts.dataset.words || counts.textContent;
  counts.textContent = counts.dataset.words.replace("{answered}", answered).replace("{skipped}", own.length - answered);
}

const askOf = (button) => find(`.ask[data-code="${button.closest("[data-of]").dataset.of}"]`, form);

// Sending: once, however often it must be tried, since the form carries its own id

async function send() {
  if (sending) return;
  if (isEmpty() && !find("[name=hand-in]", form)) return askWhetherEmpty();
  // A kiosk seals the answers and keeps them; it says so by taking this event for itself. So does a tablet.
  const about = { bubbles: true, cancelable: true, detail: lockedAnswers() };
  if (!form.dispatchEvent(new CustomEvent("send", about))) return;
  sending = true;
  for (const button of all("[type=submit]", form)) button.textContent = word("sending");
  try {
    const body = new URLSearchParams(new FormData(form));
    const reply = await fetch(form.action, { method: "POST", body, signal: patience() });
    if (reply.ok) leave(reply.url);
    else if (reply.status === 429 || reply.status >= 500) {
      unsent("busy");
      later(Number(reply.headers.get("Retry-After")) || LONG);
    } else {
      if (reply.status === 409) document.dispatchEvent(new Event("left")); // no form is taken any more: a group is full
      exchange(await reply.text());
    }
  } catch (_error) {
    unsent("network");
    later(LONG / 2); // a browser does not always tell that the network is back
  }
  sending = false;
}

const again = () => isShown() && at === review && find(".trouble [data-network], .trouble [data-busy]", review) && send();

// Where many send from one network the page tries again by itself: each time later and at a moment of its own, since
// the others who wait were told the same.
function later(wait) {
  wait = Math.min(LONG, wait * 2 ** tries) * (1 + Math.random());
  tries += 1;
  clearTimeout(timer);
  timer = setTimeout(again, wait * 1000);
}

// A network that says nothing would keep the person waiting for minutes. (AbortSignal.timeout is too new for phones.)
function patience() {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), PATIENCE);
  return stop.signal;
}

const isEmpty = () =>
  all(".ask:not([hidden])", form).every((ask) => value(ask) === undefined) && !Object.keys(lockedAnswers()).length;

// Asks once: to refuse is a right, a slip is none. The field that says so stays in the form.
function askWhetherEmpty() {
  removeAll(".trouble", form);
  review.prepend(part("nothing-part"));
  const box = find(".trouble", review);
  const first = find(".ask:not([hidden]) input, .ask:not([hidden]) textarea", form);
  if (first) find("a", box).href = `#${first.id}`;
  else find("a", box).remove(); // a tablet has locked every question
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "hand-in", value: "empty" }));
  box.focus();
}

function unsent(why) {
  if (find(`.trouble [data-${why}]:not([hidden])`, review)) return drawBar(); // said already
  removeAll(".trouble", form);
  form.dispatchEvent(new Event("unsent", { bubbles: true })); // a draft says so when the page is lost
  review.prepend(part("unsent-part"));
  const box = find(".trouble", review);
  for (const reason of ["network", "busy"]) find(`[data-${reason}]`, box).hidden = reason !== why;
  drawBar();
  box.focus();
}

// Another language or size of text: the page is fetched anew and takes over the answers of this one

export async function turn(link) {
  try {
    const reply = await fetch(link.href);
    if (!reply.ok) throw new Error(reply.status);
    const kept = [...new FormData(form)];
    const step = number(at);
    exchange(await reply.text());
    for (const [field, text] of kept) restore(field, text);
    follow();
    show([intro, ...screens, review][step]);
  } catch (_error) {
    if (link.dataset.switch === "size") document.documentElement.classList.toggle("large");
  }
}

function restore(field, text) {
  for (const input of all(`[name="${field}"]`, form)) {
    if (input.type === "radio" || input.type === "checkbox") input.checked = input.checked || input.value === text;
    else if (input.type !== "hidden" || field === "id" || field === "token") input.value = text; // a token is of one id
  }
}

function exchange(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.documentElement.lang = page.documentElement.lang;
  document.documentElement.className = page.documentElement.className;
  if (!shared) document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  begin();
}

// The beginning

function begin() {
  form = find("#form");
  if (!form) return;
  const wrong = find("#problems", form);
  document.documentElement.classList.add("steps");
  intro = find(".intro", form);
  screens = all(".screen", form);
  intro.before(part("progress-part"));
  find(".bar", form).append(part("steps-part"));
  const helped = all(".helped", form); // who helped is asked at the very end
  find(".send", form).replaceWith(part("review-part"));
  review = find(".review", form);
  find("[data-list]", review).after(...helped);
  for (const heading of all(".screen h3", form)) heading.setAttribute("aria-level", "1");
  screens.forEach(count);
  for (const screen of screens) if (all(".ask", screen).some((ask) => locked.has(ask.dataset.code))) lock(screen);
  form.dispatchEvent(new Event("begun", { bubbles: true }));
  follow();
  if (!shared) history.replaceState({ step: 0, depth: depth() }, "");
  history.scrollRestoration = "manual";
  const first = wrong && find(".ask.wrong", form);
  show(first ? first.closest(".screen") : intro, true);
  if (wrong) {
    form.prepend(wrong);
    wrong.focus();
  }
}

const isShown = () => Boolean(form && form.isConnected);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  if (!button || !isShown()) return;
  if ((button.getAttribute("href") || "").startsWith("#")) {
    event.preventDefault(); // a jump within the page is no step: it must not enter the history
    return reach(document.getElementById(button.hash.slice(1)));
  }
  const does = Object.keys(actions).find((one) => one in button.dataset);
  if (!does) return;
  event.preventDefault();
  actions[does](button);
});

// A question read aloud: the same button stops it, another question too.

let sound;

function quiet() {
  if (sound) sound.pause();
}

function listen(link) {
  const stops = sound && sound.src === link.href && !sound.paused && !sound.ended;
  quiet();
  if (stops) return;
  sound = new Audio(link.href);
  sound.play().catch(() => {}); // without network nothing is heard, and the question stands there to be read
}
document.addEventListener("left", quiet);

const actions = {
  listen,
  back,
  skip,
  change(button) {
    returning = true;
    go(askOf(button).closest(".screen"));
  },
  show(button) {
    const place = button.parentElement;
    const shown = answer(askOf(button));
    place.textContent = "";
    place.append(shown);
  },
  uncover: (button) => uncover(button.closest(".ask")),
  switch: turn,
};

document.addEventListener("submit", (event) => {
  if (event.target !== form) return;
  event.preventDefault();
  forward();
});

document.addEventListener("input", (event) => {
  const ask = event.target.closest(".ask");
  if (!ask) return;
  ask.classList.remove("wrong");
  follow();
});

addEventListener("online", again);

addEventListener("popstate", (event) => {
  if (isShown()) come(event.state ? event.state.step : 0);
});

begin();
