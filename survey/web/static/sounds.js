// Recorded questions, kept on a kiosk or a tablet so that they are heard without network. Each of their service
// workers is sent with this before it, and names the cache: SOUNDS.

"use strict";

const MOST = 64e6; // bytes of recordings that are kept at most: some 60 questions of a minute in two languages
const SPARE = 16e6; // bytes that recordings leave free: forms come first

// Fetches the recordings that these pages name and forgets others; what would be too much is heard by network alone.
async function listen(texts) {
  const named = new Set(texts.flatMap((text) => text.match(/(?<=")\/nghe\/[^"]+/g) ?? []));
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
