// Leaving a page of questions so that nothing of it stays: by the button, or by Esc three times within 1.5 s.

export const NEUTRAL = "/lich";
const WITHIN = 1500;
let pressed = [];
let neutral = ""; // the neutral page, for where there is no network

// What the exit shows without network: offline.js keeps it.
export function keepNeutral(page) {
  neutral = page;
}

// The neutral page in the place of this one, under its own address
function showNeutral() {
  const page = new DOMParser().parseFromString(neutral, "text/html");
  document.documentElement.replaceWith(document.adoptNode(page.documentElement));
}

// Empties the page and puts `address` in the place of everything that was added to the browser's history here; what
// lies ahead in it, to which the browser's forward button would lead, is cut off only where `ahead` says so, since
// that costs a second entry of the address. On a device that many share nothing was added, and the title tells nothing.
export function leave(address, { ahead = false } = {}) {
  document.dispatchEvent(new Event("left"));
  document.body.textContent = "";
  const shared = "shared" in document.documentElement.dataset;
  if (!shared) document.title = "…";
  let gone = false;
  const go = () => {
    if (ahead && !shared && !gone) {
      const shown = neutral && !navigator.onLine ? NEUTRAL : address;
      history.replaceState(null, "", shown);
      history.pushState(null, "", shown);
    }
    gone = true;
    if (ahead && neutral && !navigator.onLine) showNeutral();
    else location.replace(address);
  };
  addEventListener("pageshow", go); // a browser that kept the emptied page shows it again on the way back
  const steps = Math.min((history.state && history.state.depth) || 0, history.length - 1); // a browser forgets the oldest of many
  if (!steps) return go();
  addEventListener("popstate", go, { once: true });
  history.go(-steps);
  setTimeout(go, 200);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-exit]");
  if (!link) return;
  event.preventDefault();
  leave(link.href, { ahead: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const now = performance.now();
  pressed = [...pressed.filter((time) => now - time < WITHIN), now];
  const link = document.querySelector("[data-exit]");
  if (pressed.length === 3 && link) leave(link.href, { ahead: true });
});
