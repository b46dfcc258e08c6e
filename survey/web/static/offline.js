// The empty form is kept on the person's own phone until it is sent or left, so that a reload without network shows
// it again. It is kept as it came, before anybody answers, and not where answers came back with the page. When it
// goes, what shows it goes too.

import { keepNeutral, NEUTRAL } from "./exit.js";
import { asItCame } from "./form.js";

const CACHE = "form";
const FOLDERS = ["/s/", "/m/phieu/"]; // of a wave's form and of a letter's
const NAMED = "script[src], link[rel=stylesheet], link[rel=modulepreload], link[rel=icon]";
const folder = FOLDERS.find((one) => location.pathname.startsWith(one));
const files = () => [...document.querySelectorAll(NAMED)].map((one) => one.src || one.href);
// The address of a letter's form opens it: only its last signs are kept, which open nothing (phone-worker.js too).
const name = location.pathname.replace(/^(\/m\/phieu\/).*(?=.{8}$)/, "$1");
let kept = Promise.resolve();

async function keep(page, names) {
  const neutral = await fetch(NEUTRAL).catch(() => caches.match(NEUTRAL)); // where the quick exit leads
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  await cache.addAll(names); // they have come with the page: no byte more
  if (neutral?.ok) await cache.put(NEUTRAL, neutral);
  await cache.put(name, new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  await navigator.serviceWorker.register(`${folder}worker.js`);
}

const readNeutral = async () => keepNeutral(await (await caches.match(NEUTRAL))?.text());

function letGo() {
  caches.delete(CACHE);
  for (const one of FOLDERS) navigator.serviceWorker.getRegistration(one).then((worker) => worker?.unregister());
}

if (folder && navigator.serviceWorker && self.caches) {
  if (!document.querySelector("#problems, #form [checked]")) {
    addEventListener("load", () => (kept = keep(`<!doctype html>${asItCame}`, files()).catch(() => {}).then(readNeutral)));
  }
  document.addEventListener("left", () => {
    letGo();
    kept.then(letGo); // what was still being kept
  });
}
