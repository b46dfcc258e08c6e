// For staff, behind the code to leave: how many forms wait, sending them now, leaving the kiosk.

import { empty, waiting } from "./outbox.js";
import { leave } from "../exit.js";

const HOLD = 2000; // ms
const PENALTY = 30_000; // ms after a wrong code
const set = document.documentElement.dataset;
const find = (selector) => document.querySelector(`#staff ${selector}`);

let typed = "";
let barred = 0; // until when no code is looked at
let pressing;

function open() {
  typed = "";
  show();
  find("[data-locked]").hidden = false;
  find("[data-open]").hidden = true;
  find("[data-wrong]").hidden = performance.now() >= barred;
  document.getElementById("staff").showModal();
}

const show = () => (find("[data-typed]").textContent = "•".repeat(typed.length) || "–");

async function digit(sign) {
  if (performance.now() < barred) return;
  find("[data-wrong]").hidden = true;
  typed += sign;
  show();
  if (typed.length < Number(set.digits)) return;
  const right = (await digest(typed)) === set.leave;
  if (right) return unlock();
  typed = "";
  barred = performance.now() + PENALTY;
  find("[data-wrong]").hidden = false;
  show();
}

// The same as on the server, so that the code is known without network.
async function digest(code) {
  const salt = Uint8Array.from(set.salt.match(/../g), (pair) => parseInt(pair, 16));
  const material = await crypto.subtle.importKey("raw", new TextEncoder().encode(code), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: Number(set.rounds) };
  const bits = await crypto.subtle.deriveBits(how, material, 256);
  return Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function unlock() {
  find("[data-locked]").hidden = true;
  find("[data-open]").hidden = false;
  find("[data-kept]").hidden = true;
  find("[data-waiting]").textContent = await waiting();
  const ready = "ready" in set;
  find("[data-ready]").hidden = !ready;
  find("[data-not-ready]").hidden = ready;
  await countSounds();
}

// How many of the recordings that the questions have are on the device
async function countSounds() {
  const named = new Set(Array.from(document.querySelectorAll("[data-listen]"), (link) => link.pathname));
  const kept = named.size ? await (await caches.open("kiosk-sounds")).keys() : [];
  const here = kept.filter(({ url }) => named.has(new URL(url).pathname)).length;
  find("[data-sounds]").hidden = !named.size;
  find("[data-sounds] b").textContent = `${here} / ${named.size}`;
}

async function sendNow() {
  await empty();
  await unlock();
}

// Gives the device back. What waits must be sent first, since only a bound device may send it.
async function quit() {
  await empty();
  const reply =
    (await waiting()) === 0 &&
    (await fetch("/kiosk/leave", { method: "POST", body: new URLSearchParams({ code: typed }) }).catch(() => false));
  if (!reply || ![204, 403].includes(reply.status)) {
    await unlock();
    find("[data-kept]").hidden = false;
    return;
  }
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  leave("/");
}

const actions = {
  digit: (button) => digit(button.dataset.digit),
  erase() {
    typed = typed.slice(0, -1);
    show();
  },
  sendNow,
  leave: quit,
};

document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-staff]")) pressing = setTimeout(open, HOLD);
});
for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
  document.addEventListener(kind, () => clearTimeout(pressing));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("staff" in button.dataset && event.detail === 0) return open(); // by keyboard
  const does = Object.keys(actions).find((name) => name in button.dataset);
  if (does && button.closest("#staff")) actions[does](button);
});
