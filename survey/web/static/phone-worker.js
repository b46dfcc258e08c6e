// Shows the form that a phone keeps (offline.js) where there is no network. Nothing is put away here.

const named = (pathname) => pathname.replace(/^(\/m\/phieu\/).*(?=.{8}$)/, "$1"); // as offline.js says it

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  const kept = () => caches.match(mode === "navigate" ? named(pathname) : url, { cacheName: "form", ignoreVary: true });
  if (pathname.startsWith("/static/")) event.respondWith(kept().then((file) => file ?? fetch(event.request)));
  else if (mode === "navigate") event.respondWith(fetch(event.request).catch(async (lost) => (await kept()) ?? Promise.reject(lost)));
});
