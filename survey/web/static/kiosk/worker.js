// The kiosk's page and what belongs to it, kept so that it starts without network. No answer passes through here.
// It is sent behind sounds.js, which keeps the recordings.

const CACHE = "kiosk";
const SOUNDS = "kiosk-sounds";
const LANGUAGES = new URL(location.href).searchParams.get("languages").split(","); // the first is the start's

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim().then(refresh)));
addEventListener("message", (event) => event.data === "refresh" && event.waitUntil(refresh()));

// Fetches the page in each language, then what it names, and puts the whole in the place of what was there.
async function refresh() {
  try {
    const pages = await Promise.all(LANGUAGES.map((lang) => fetch(`/kiosk/shell-${lang}.html`, { cache: "no-store" })));
    if (pages.some((page) => !page.ok || page.redirected)) return;
    const texts = await Promise.all(pages.map((page) => page.clone().text()));
    const cache = await caches.open(CACHE);
    const named = new Set(texts.flatMap((text) => text.match(/(?<=")\/static\/[^"]+/g) ?? []));
    for (const name of named) if (!(await cache.match(name, { ignoreVary: true }))) await cache.add(name);
    const start = pages[0].headers.get("Content-Location");
    const shells = LANGUAGES.map((lang) => `${start}?lang=${lang}`);
    await Promise.all(shells.map((shell, place) => cache.put(shell, pages[place])));
    for (const { url } of await cache.keys()) {
      const { pathname, search } = new URL(url);
      if (!named.has(pathname) && !shells.includes(pathname + search)) await cache.delete(url);
    }
    for (const page of await clients.matchAll()) page.postMessage("ready");
    await listen(texts);
  } catch {
    // Without network the page of before stays.
  }
}

addEventListener("fetch", (event) => {
  const { origin, pathname, searchParams } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/nghe/")) return event.respondWith(heard(event.request, pathname));
  let kept;
  if (pathname.startsWith("/static/")) kept = pathname;
  else if (/^\/kiosk\/[^/]+\/[^/]+$/.test(pathname)) {
    const lang = searchParams.get("lang");
    kept = `${pathname}?lang=${LANGUAGES.includes(lang) ? lang : LANGUAGES[0]}`;
  } else return;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(kept, { ignoreVary: true })) ?? fetch(event.request)));
});
