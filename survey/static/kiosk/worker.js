// The kiosk's page and what belongs to it, kept so that it starts without network. No answer passes through here.

const CACHE = "kiosk";
const SOUNDS = "kiosk-sounds";
const MOST = 64e6; // bytes of recordings that are kept at most: some 60 questions of a minute in two languages
const SPARE = 16e6; // bytes that recordings leave free: forms come first
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
    await listen(new Set(texts.flatMap((text) => text.match(/(?<=")\/nghe\/[^"]+/g) ?? [])));
  } catch {
    // Without network the page of before stays.
  }
}

// Fetches the recordings that the page names and forgets others; what would be too much is heard by network alone.
async function listen(named) {
  const cache = await caches.open(SOUNDS);
  let most = MOST;
  for (const { url } of await cache.keys()) {
    if (!named.has(new URL(url).pathname)) await cache.delete(url);
    else most -= size(await cache.match(url, { ignoreVary: true }));
  }
  for (const name of named) {
    if (await cache.match(name, { ignoreVary: true })) continue;
    const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const head = await fetch(name, { method: "HEAD" });
    const needs = head.ok ? size(head) : Infinity;
    if (needs > Math.min(most, quota - usage - SPARE)) continue;
    await cache.add(name);
    most -= needs;
  }
}

const size = (reply) => Number(reply.headers.get("Content-Length") ?? Infinity);

// A recording that is kept, or the part of it that a player asks for (RFC 9110, 14.2)
async function heard(request, name) {
  const kept = await (await caches.open(SOUNDS)).match(name, { ignoreVary: true });
  if (!kept) return fetch(request);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range")) ?? [];
  if (first === undefined) return kept;
  const all = await kept.blob();
  const end = Math.min(last ? Number(last) + 1 : all.size, all.size);
  if (Number(first) >= end) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${all.size}` } });
  const headers = { "Content-Type": all.type, "Content-Range": `bytes ${first}-${end - 1}/${all.size}` };
  return new Response(all.slice(Number(first), end, all.type), { status: 206, headers });
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
