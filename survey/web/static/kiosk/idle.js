// The warning after a while without a touch, and what happens when nobody answers it.

const find = (selector) => document.querySelector(selector);
const now = () => ({ steady: performance.now(), wall: Date.now() }); // a sleeping device stops the first
let touched = now();

const quiet = () => Math.max(performance.now() - touched.steady, Date.now() - touched.wall) / 1000;

export function touch() {
  touched = now();
}

// Watches from now on. `rests()` says whether there is nothing of anybody to wipe; `wipe(rests)` goes back to the start.
export function watch({ idle, warning, rests, wipe }) {
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "scroll"]) {
    addEventListener(kind, () => find("#idle")?.open || touch(), { capture: true, passive: true });
  }
  document.addEventListener("click", (event) => event.target.closest("[data-stay]") && find("#idle").close());
  // Also by Esc; `close` does not bubble.
  document.addEventListener("close", (event) => event.target.id === "idle" && touch(), true);
  const clock = setInterval(() => {
    const left = idle + warning - quiet();
    const dialog = find("#idle");
    if (!dialog) return; // the page is emptied, and being left
    if (rests()) {
      if (quiet() >= idle) stop();
      return;
    }
    if (left <= 0) return stop();
    if (left > warning) return;
    if (!dialog.open) {
      dialog.style.setProperty("--seconds", `${warning}s`);
      dialog.showModal();
    }
    find("#idle [data-left]").textContent = Math.ceil(left);
  }, 200);
  function stop() {
    touch();
    if (wipe(rests()) !== false) clearInterval(clock);
  }
}
