// Leaving a page of questions so that nothing of it stays: by the button, or by Esc three times within 1.5 s.

const WITHIN = 1500;
let pressed = [];

// Empties the page and puts `address` in the place of everything that was added to the browser's history here.
export function leave(address) {
  document.dispatchEvent(new Event("left"));
  document.body.replaceChildren();
  document.title = "…";
  const go = () => location.replace(address);
  const steps = Math.min(history.state?.depth ?? 0, history.length - 1); // a browser forgets the oldest of many
  if (!steps) return go();
  addEventListener("popstate", go, { once: true });
  history.go(-steps);
  setTimeout(go, 200);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-exit]");
  if (!link) return;
  event.preventDefault();
  leave(link.href);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const now = performance.now();
  pressed = [...pressed.filter((time) => now - time < WITHIN), now];
  const link = document.querySelector("[data-exit]");
  if (pressed.length === 3 && link) leave(link.href);
});
