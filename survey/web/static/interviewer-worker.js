// The pages of interviews and what belongs to them, kept so that they open without network. No answer passes here.
// It is sent behind sounds.js, which keeps the recordings.

const CACHE = "interviewer";
const SOUNDS = "interviewer-sounds";
const PATIENCE = 4000; // ms after which a page that is kept is shown instead
const LANGUAGES = ["vi", "en"]; // of each page; a form may have further ones, which it offers
const PAGE = /^\/phong-van\/([^/]+\/[^/]+(\/ho)?)?$/;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => {
  if (event.data.keep) event.waitUntil(keepAll(event.data.keep, event.ports[0]));
});

// The name under which a page is kept: its place, its village and its language, and nothing else of its address
function named(address, language) {
  const { pathname, searchParams } = new URL(address, location.origin);
  const village = searchParams.get("thon");
  const wanted = language ?? searchParams.get("lang");
  const lang = /^[a-z]{2,3}$/.test(wanted) ? wanted : LANGUAGES[0];
  return `${pathname}?${new URLSearchParams(village === null ? { lang } : { thon: village, lang })}`;
}

// Keeps pages and tells whether all are kept; then the recordings that these and the pages of before name.
async function keepAll(addresses, asked) {
  const kept = [];
  for (const address of addresses) kept.push(await keep(address));
  asked.postMessage(kept.every(Boolean));
  const cache = await caches.open(CACHE);
  const pages = (await cache.keys()).filter(({ url }) => PAGE.test(new URL(url).pathname));
  const texts = await Promise.all(pages.map(async (page) => (await cache.match(page, { ignoreVary: true })).text()));
  await listen(texts).catch(() => {}); // without network those of before stay
}

// Fetches a page in each language, which the server is told not to remember as a choice, and all that it names; whether
// it is kept.
async function keep(address) {
  try {
    const cache = await caches.open(CACHE);
    const languages = new Set(LANGUAGES);
    for (const language of languages) {
      const page = await fetch(named(address, language), { cache: "no-store", headers: { "Hailong-Kept": "1" } });
      if (!page.ok || page.redirected) return false;
      const text = await page.clone().text();
      for (const code of text.match(/(?<= hreflang=")[a-z]{2,3}(?=")/g) ?? []) languages.add(code);
      for (const name of text.match(/(?<=")\/static\/[^"]+/g) ?? []) {
        if (!(await cache.match(name, { ignoreVary: true }))) await cache.add(name);
      }
      await cache.put(named(address, language), page);
    }
    return true;
  } catch {
    return false; // without network what was kept before stays
  }
}

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/nghe/")) event.respondWith(heard(event.request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(kept(pathname).then((found) => found ?? fetch(event.request)));
  else if (PAGE.test(pathname)) event.respondWith(pageOf(event.request));
});

const kept = async (name) => (await caches.open(CACHE)).match(name, { ignoreVary: true });

// The server's page, or the one that is kept where the server does not answer in time
async function pageOf(request) {
  const found = (await kept(named(request.url))) ?? (await kept(named(request.url, LANGUAGES[0])));
  const fresh = fetch(request);
  if (!found) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const reply = await Promise.race([fresh.catch(() => undefined), late]);
  return reply && reply.status < 500 ? reply : found;
}
