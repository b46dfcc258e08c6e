// Opened once, the link binds this device. What a kiosk needs is looked for first, so that no link is used up in vain.

import { forgetNote } from "./outbox.js";

const form = document.getElementById("bind");
const tell = (id) => {
  form.hidden = true;
  document.getElementById(id).hidden = false;
};

const able = isSecureContext && navigator.serviceWorker && window.indexedDB && crypto.subtle && window.caches;

async function bind() {
  if (!able) return tell("insecure");
  try {
    await forgetNote("unbound"); // fails in a private window that keeps nothing
    await caches.delete("kiosk"); // the page of another place
  } catch {
    return tell("insecure");
  }
  navigator.storage?.persist?.();
  try {
    const reply = await fetch(location.href, { method: "POST" });
    if (reply.ok) location.replace(reply.url);
    else tell("failed");
  } catch {
    tell("failed");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  bind();
});
bind();
