// "How this is computed" opens beside the page instead of in its place. Without this script it is a page of its own.

const panel = document.createElement("dialog");
panel.className = "staff-panel";
let opener = null;

function close() {
  if (!panel.open) return;
  panel.close();
  panel.replaceChildren();
  opener?.focus();
}

async function open(link) {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const drawer = page.querySelector(".staff-drawer");
  if (!answer.ok || !drawer) throw new Error("no drawer");
  opener = link;
  panel.replaceChildren(document.adoptNode(drawer));
  panel.setAttribute("aria-labelledby", "drawer-title");
  if (!panel.open) panel.show();
  panel.scrollTop = 0;
  panel.querySelector("[data-close]").focus();
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  if (event.target.closest(".staff-panel [data-close]")) {
    event.preventDefault();
    close();
    return;
  }
  const link = event.target.closest("a.staff-how");
  if (!link || !matchMedia("(min-width: 760px)").matches) return;
  event.preventDefault();
  open(link).catch(() => location.assign(link.href));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
document.body.append(panel);
// Faults of a form are where somebody who sent it has to look first.
document.querySelector(".staff-faults")?.focus();
// A table as Word takes it: its rows and heads alone, without drawings, links and what only a screen needs.
function plain(table) {
  const copy = table.cloneNode(true);
  copy.querySelectorAll("svg, .staff-only-narrow, .axis, .plot-cell").forEach((part) => part.remove());
  copy.querySelectorAll("a, span").forEach((part) => part.replaceWith(...part.childNodes));
  copy.querySelectorAll("*").forEach((part) => {
    for (const { name } of [...part.attributes]) if (!/^(col|row)span$/.test(name)) part.removeAttribute(name);
  });
  const words = (cell) => cell.textContent.trim().replace(/\s+/g, " ");
  const text = [...copy.rows].map((row) => [...row.cells].map(words).join("\t")).join("\n");
  return { "text/html": `<table border="1">${copy.innerHTML}</table>`, "text/plain": text };
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const named = document.getElementById(button.dataset.copy);
  const table = named?.closest("table") ?? document.querySelector(`table[aria-labelledby="${button.dataset.copy}"]`);
  button.hidden = !table || !navigator.clipboard?.write;
  button.addEventListener("click", async () => {
    const parts = Object.entries(plain(table)).map(([type, text]) => [type, new Blob([text], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
    button.textContent = button.dataset.copied;
  });
}
