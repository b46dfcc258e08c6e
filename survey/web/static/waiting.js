// Where an interviewer chooses the wave: sends what waits on the tablet, also of a wave that has ended since, and
// leads to the villages that open without network, as this page does.

import { empty, noted, waiting } from "./kiosk/outbox.js";
import { inTurn } from "./tablet.js";

const AGAIN = 60_000; // ms between two looks whether the network is back
const PLACE = /^\/phong-van\/[^/]+\/[^/]+(\/ho)?$/; // of a form, or of the households of a village
const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }).format(new Date());
const box = document.querySelector("[data-waits]");

async function look() {
  await count();
  await empty().catch(() => {});
  await count();
}

async function count() {
  const waits = await waiting().catch(() => 0);
  box.hidden = waits === 0;
  box.querySelector("[data-count]").textContent = waits;
  const unbound = await noted("unbound").catch(() => false);
  document.querySelector("[data-unbound]").hidden = !(waits && unbound);
}

// The villages whose pages are kept, by their list of households where they have one
async function offer() {
  const cache = await caches.open("interviewer");
  const found = new Map();
  for (const request of await cache.keys()) {
    const { pathname, search, searchParams } = new URL(request.url);
    if (!PLACE.test(pathname) || searchParams.get("lang") !== document.documentElement.lang) continue;
    const page = new DOMParser().parseFromString(await (await cache.match(request, { ignoreVary: true })).text(), "text/html");
    // a page of before names nothing, or its wave by the code
    const { named, until, wave, waveTitle: title = wave } = page.querySelector("[data-named]")?.dataset ?? {};
    const place = `${title} ${named}`;
    if (until >= today() && !found.get(place)?.address.includes("/ho?")) found.set(place, { address: pathname + search, named, title });
  }
  const section = document.querySelector("[data-kept]");
  for (const { address, named, title } of found.values()) {
    const row = section.querySelector("template").content.cloneNode(true);
    row.querySelector("a").href = address;
    row.querySelector("b").textContent = title;
    row.querySelector("[data-named]").textContent = named;
    section.querySelector("ul").append(row);
  }
  section.hidden = !found.size;
}

const round = inTurn(look);
setInterval(round, AGAIN);
addEventListener("online", round);
round();
if (self.caches) offer().catch(() => {});
