// A finger that stays on a button: a browser takes a long touch for something else and clicks nothing, and whoever
// presses slowly thinks that the device is broken. So the click is made where the finger leaves what it touched.

const LONG = 350; // ms of a touch after which a browser may not click any more
const SOON = 100; // ms within which its own click would come
const BUTTON = "button:not([data-staff]), a, label";

let pressed; // where the finger came down, and when
let clicked = 0; // when there was a click
let made = -Infinity; // when one was made here

addEventListener(
  "pointerdown",
  ({ isPrimary, pointerType, target }) => {
    pressed = isPrimary && pointerType === "touch" ? { on: target.closest(BUTTON), at: performance.now() } : undefined;
  },
  true,
);
addEventListener("pointercancel", () => (pressed = undefined), true);
addEventListener(
  "pointerup",
  ({ clientX, clientY }) => {
    const press = pressed;
    pressed = undefined;
    const left = performance.now();
    if (!press?.on || left - press.at < LONG || document.elementFromPoint(clientX, clientY)?.closest(BUTTON) !== press.on) return;
    setTimeout(() => {
      if (clicked >= left || !press.on.isConnected) return;
      made = performance.now();
      press.on.click();
    }, SOON);
  },
  true,
);
addEventListener(
  "click",
  (event) => {
    clicked = performance.now();
    if (!event.isTrusted || clicked - made > LONG) return;
    event.stopImmediatePropagation(); // the browser's own, late: a second one would answer the next question
    event.preventDefault();
  },
  true,
);
