// What is wrong with how a page looks: a list of sentences. Passed over is what the document itself hides (`hidden`,
// closed details, a folded group, a popover) and what is there for screen readers alone.
() => {
  const found = [];
  const name = (e) => [e.tagName.toLowerCase(), e.id && `#${e.id}`, ...[...e.classList].map((one) => `.${one}`)].join("");
  const up = (e) => { const all = []; for (let at = e; at; at = at.parentElement) all.push(at); return all; };
  const hidden = (e) => up(e).some((at) =>
    at.hidden || at.matches("template, noscript, [aria-hidden=true], dialog:not([open]), [popover]:not(:popover-open)") ||
    (at.parentElement?.matches("details:not([open])") && at.tagName !== "SUMMARY") ||
    (at.matches("tr:not(.group)") && at.parentElement.querySelector(".staff-fold input:not(:checked)")) ||
    (at.matches("tr.item") && at.parentElement.querySelector(".unfolding:not(:checked)")));
  const spoken = (e) => up(e).some((at) => getComputedStyle(at).clipPath !== "none" && at.offsetWidth <= 2);
  const seen = (e) => e.getClientRects().length > 0 && e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const say = (what, e) => found.push(`${what}: ${name(e)} “${e.textContent.trim().replace(/\s+/g, " ").slice(0, 30)}”`);

  const headings = [...document.querySelectorAll("h1")].filter((e) => !hidden(e) && seen(e));
  if (headings.length !== 1) found.push(`${headings.length} headings of the page`);
  if (document.documentElement.scrollWidth > innerWidth + 1) {
    say("runs off to the side", [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !spoken(e)).pop() ?? document.body);
  }
  // Whether one sees it, or the summary that opens on it.
  const reached = (e) => seen(e) || up(e).some((at) => at.matches("details:not([open])") && seen(at.firstElementChild));
  // The main control of each form, and of each list its rows. A form may stand twice, once for each width.
  for (const form of document.forms) {
    const acts = [...form.elements].filter((e) => e.type === "submit" && !hidden(e));
    const instead = !seen(form) && [...form.parentElement.querySelectorAll("button, input")].some((e) => !e.form && seen(e));
    const twin = [...document.forms].some((other) => other !== form && other.action === form.action && reached(other));
    const good = twin || acts.some((e) => { const box = e.getBoundingClientRect(); return seen(e) && box.width >= 16 && box.height >= 16 && box.right > 0; });
    if (!hidden(form) && acts.length && !good && !instead) say("a form can't be sent", form);
  }
  for (const table of document.querySelectorAll("table")) {
    if (hidden(table) || spoken(table) || !seen(table)) continue;
    for (const body of table.tBodies) {
      let before = null;
      for (const row of body.rows) {
        if (hidden(row)) continue;
        if (!seen(row)) { say("a row can't be seen", row); continue; }
        const cells = [...row.cells].filter(seen).map((cell) => cell.getBoundingClientRect());
        const box = { top: Math.min(...cells.map((one) => one.top)), bottom: Math.max(...cells.map((one) => one.bottom)) };
        if (before !== null && box.top < before - 3) say("a row lies over the one before", row);
        if (!cells.length || box.bottom - box.top < 8) say("a row has no height", row);
        before = [...row.cells].some((cell) => cell.rowSpan > 1) ? null : box.bottom;
      }
    }
  }
  for (const table of document.querySelectorAll("main table")) {
    const sideways = up(table).some((at) => getComputedStyle(at).overflowX !== "visible");
    if (!hidden(table) && !spoken(table) && seen(table) && !sideways && table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 1) {
      say("lies over what stands beside it", table);
    }
  }
  // A day as files have it; a hint may say how a file is written.
  for (const e of document.querySelectorAll("main :is(p, li, dd, td, th, h1, h2, h3, span)")) {
    const own = [...e.childNodes].filter((one) => one.nodeType === 3).map((one) => one.textContent).join(" ");
    if (/\b(19|20)\d\d-\d\d-\d\d\b/.test(own) && !e.closest(".hint") && !hidden(e) && seen(e)) say("a day as in a file", e);
  }
  // Text in no width, or letter by letter.
  for (const e of document.querySelectorAll("main :is(h1, h2, h3, p, a, button, label, li, dt, dd, legend, td, th, span, b)")) {
    const text = e.textContent.trim().replace(/\s+/g, " ");
    if (!text || ![...e.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim())) continue;
    if (hidden(e) || spoken(e) || !seen(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(e);
    const lines = new Set([...range.getClientRects()].filter((one) => one.height > 0).map((one) => Math.round(one.top / 4)));
    if (e.getBoundingClientRect().width < 1) say("text in no width", e);
    else if (text.length >= 8 && lines.size > 3 && text.length / lines.size < 2.5) say("text letter by letter", e);
  }
  return found;
}
