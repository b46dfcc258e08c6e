// What the pages of an interviewer's tablet have in common: sending with a token of the moment, being bound, and being
// kept for when there is no network.

import { forgetNote } from "./kiosk/outbox.js";

const AGAIN = 60_000; // ms between two looks whether the network is back
const PATIENCE = 15_000; // ms for which an answer of the server is waited for
const REFUSED = [400, 404, 409, 413, 422];
const why = { 401: "signed-out", 403: "signed-out", 410: "closed" };

// What is sent goes with a token of the moment, since an interview may last longer than that of its page holds.
export async function post(address, body, type) {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const first = await fetch("/phong-van/phien", { cache: "no-store", signal });
    if (first.redirected || first.status === 403) return "signed-out";
    const { token } = await first.json();
    const headers = { "Content-Type": type, "X-CSRFToken": token };
    const reply = await fetch(address, { method: "POST", headers, body, redirect: "error", signal });
    if (reply.status === 202) return "held";
    return reply.ok ? "stored" : (why[reply.status] ?? (REFUSED.includes(reply.status) ? "refused" : "network"));
  } catch {
    return "network";
  }
}

// `box` carries the wave, the unit and whether the server's keys are there.
export const canSeal = (box) => isSecureContext && Boolean(crypto.subtle && navigator.serviceWorker) && "canSeal" in box.dataset;

// Keeps these pages as they are now; done once they would open without network.
export async function keepPages(pages) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  active.postMessage({ keep: pages }, [port2]);
  return kept;
}

// Runs `act` as often as it is asked for, one run after the other: who asks during a run gets one more.
export function inTurn(act) {
  let runs = false;
  let wanted = false;
  return async () => {
    wanted = true;
    if (runs) return;
    runs = true;
    try {
      while (wanted) {
        wanted = false;
        await act();
      }
    } finally {
      runs = false;
    }
  };
}

// Binds the tablet while its interviewer is signed in, keeps the pages, and looks again and again what can be sent;
// `look` never fails.
export async function prepare(box, pages, look) {
  const round = inTurn(look);
  setInterval(round, AGAIN);
  addEventListener("online", round);
  if (canSeal(box)) {
    navigator.storage?.persist?.();
    navigator.serviceWorker.register("/phong-van/worker.js").catch(() => {}); // without network that of before stays
    const { wave, unit } = box.dataset;
    const bound = await post("/phong-van/may", new URLSearchParams({ wave, unit }).toString(), "application/x-www-form-urlencoded");
    if (bound === "stored") await forgetNote("unbound").catch(() => {});
    keepPages(pages).then((kept) => {
      const line = document.querySelector("[data-offline]");
      if (line) line.hidden = !kept;
    });
  }
  await round();
}
