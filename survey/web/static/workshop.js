// A question saved as one types, and drawn beside it. Without this script the page's buttons do the same.

const fields = () => document.getElementById("fields");
const PAUSE = 900; // ms without a key after which is saved
const SHORT = 20; // ms after which is drawn
const phone = () => document.querySelector("#seen .phone");
let saving = false, again = false, drawing = 0, timer = 0, drawTimer = 0;

// Browsers that do not know the drawing in the page's own markup
for (const template of document.querySelectorAll("template[shadowrootmode]")) {
  template.parentNode.attachShadow({ mode: "open" }).append(template.content);
  template.remove();
}

async function draw() {
  const turn = ++drawing;
  const body = new URLSearchParams(new FormData(fields()));
  const answer = await fetch(fields().dataset.draw, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || answer.redirected || turn !== drawing) return;
  const { head, body: seen } = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn === drawing) phone()?.shadowRoot?.replaceChildren(...head.children, ...seen.childNodes);
}

// What stands around the fields is taken over from the page that the server would show; the fields too where a field
// says that it changes which there are.
function exchange(page, whole) {
  const names = whole ? ["top", "outline", "writing"] : ["top", "outline", "said"];
  for (const name of names) {
    const fresh = page.getElementById(name), old = document.getElementById(name);
    if (fresh && old && !(name === "said" && old.contains(document.activeElement))) old.replaceWith(document.adoptNode(fresh));
  }
}

async function save(whole = false) {
  if (saving) {
    again = again || whole || "once";
    return;
  }
  saving = true;
  clearTimeout(timer);
  try {
    const own = fields();
    const body = new URLSearchParams(new FormData(own));
    const answer = await fetch(own.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("fields")) return own.requestSubmit(); // signed out: the page that holds what was typed
    if (!answer.ok) return document.body.replaceWith(document.adoptNode(page.body));
    if (whole) {
      const { name } = document.activeElement;
      exchange(page, true);
      history.replaceState(null, "", answer.url);
      start();
      if (name) document.querySelector(`[name="${CSS.escape(name)}"]`)?.focus();
    } else {
      exchange(page, false);
    }
  } catch {
    const status = document.getElementById("saved");
    status.textContent = status.dataset.unsaved;
  } finally {
    saving = false;
    if (again) {
      const next = again === true;
      again = false;
      save(next);
    }
  }
}

function start() {
  const own = fields();
  if (!own) return;
  own.addEventListener("input", (event) => {
    clearTimeout(timer);
    clearTimeout(drawTimer);
    if (own.dataset.draw) drawTimer = setTimeout(draw, SHORT);
    if (!("reload" in event.target.dataset)) timer = setTimeout(() => save(), PAUSE);
  });
  own.addEventListener("change", (event) => {
    if ("reload" in event.target.dataset) save(true);
  });
}

start();
