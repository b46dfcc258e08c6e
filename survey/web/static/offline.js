// The empty form is kept on the person's own phone until it is sent or left, so that a reload without network shows
// it again. It is kept as it came, before anybody answers, and not where answers came back with the page.

import { asItCame } from "./form.js";

const CACHE = "form";
const own = navigator.serviceWorker && self.caches && location.pathname.startsWith("/s/");
const NAMED = "script[src], link[rel=stylesheet], link[rel=modulepreload], link[rel=icon]";
const files = () => [...document.querySelectorAll(NAMED)].map((one) => one.src || one.href);

async function keep(page, names) {
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  await cache.addAll(names); // they have come with the page: no byte more
  await cache.put(location.pathname, new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  await navigator.serviceWorker.register("/s/worker.js");
}

if (own) {
  if (!document.querySelector("#problems, #form [checked]")) {
    addEventListener("load", () => keep(`<!doctype html>${asItCame}`, files()).catch(() => {}));
  }
  document.addEventListener("left", () => caches.delete(CACHE));
}
