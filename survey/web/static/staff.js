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
