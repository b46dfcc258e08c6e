// Sealed answers that wait on this device, in IndexedDB, until the server has said that each is on disk.

const ROOM = 128 * 1024; // bytes that must be free before somebody begins: more than the largest form
const FORGET_ON = { 200: "known", 201: "stored", 202: "held" };

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function opened() {
  const request = indexedDB.open("hailong-kiosk", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("outbox", { keyPath: "id" });
    request.result.createObjectStore("notes");
  };
  return settled(request);
}

// Runs one change, which is on disk when this is done, or did not happen.
async function change(store, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      act(transaction.objectStore(store));
    });
  } finally {
    database.close();
  }
}

async function look(store, act) {
  const database = await opened();
  try {
    return await settled(act(database.transaction(store).objectStore(store)));
  } finally {
    database.close();
  }
}

let held; // the id of what this page may still replace: it waits until the page is left

export function keep(item) {
  held = undefined;
  return change("outbox", (store) => store.put(item));
}
export function hold(item) {
  held = item.id;
  return change("outbox", (store) => store.put(item));
}
export const waiting = () => look("outbox", (store) => store.count());
export const note = (name) => change("notes", (store) => store.put(true, name));
export const noted = (name) => look("notes", (store) => store.get(name));
// Writes under a name what `next` makes of what stands there.
export const changeNote = (name, next) =>
  change("notes", (store) => {
    store.get(name).onsuccess = ({ target }) => store.put(next(target.result), name);
  });
export const forgetNote = (name) => change("notes", (store) => store.delete(name));
const forget = (id) => change("outbox", (store) => store.delete(id));

// Whether one more form would find room: tried, since what the browser tells of its room is a guess.
export async function hasRoom() {
  try {
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    if (quota - usage < ROOM) return false;
    const trial = crypto.getRandomValues(new Uint8Array(ROOM / 2));
    await change("notes", (store) => store.put(trial, "room"));
    await forgetNote("room");
    return true;
  } catch {
    return false;
  }
}

// Sends one: what the server says of it, or nothing where it did not say (no network, a portal's page, too busy).
export async function deliver(item) {
  let reply;
  try {
    reply = await fetch("/api/v1/sealed", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(item),
      redirect: "error",
      cache: "no-store",
    });
    const said = await reply.json();
    if (said.id === item.id && said.status === FORGET_ON[reply.status]) return said;
    if (reply.status === 403 && said.status === 403) await note("unbound");
  } catch {
    return undefined;
  }
  return undefined;
}

// Sends all that waits, one after the other; each is forgotten only when the server says that it has it. Two pages
// that send at once would do no harm, the server knows each by its id; the lock saves the work.
export async function empty() {
  return navigator.locks.request("hailong-outbox", async () => {
    let last;
    for (const id of await look("outbox", (store) => store.getAllKeys())) {
      if (id === held) continue;
      const item = await look("outbox", (store) => store.get(id));
      const said = await deliver(item);
      if (!said) continue;
      await forget(id);
      last = { ...last, [id]: said };
      await forgetNote("unbound");
    }
    return last ?? {};
  });
}
