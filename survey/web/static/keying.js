// The keying screen: one key writes an answer and goes on. The fields of the form hold what was typed and are what
// is sent; everything here only shows them and moves between them.

const NUMBER = /^-?\d+(\.\d+)?$/;
const $ = (id) => document.getElementById(id);
let unsaved = false;
let stop = () => {}; // ends the saving of the form before

function start() {
  const form = $("sheet") ?? $("again");
  if (!form) {
    document.querySelector("[autofocus]")?.focus();
    return;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  if (form.matches("#sheet")) screen(form); // not form.id: it has a field of that name
  else form.querySelector("[autofocus]").focus();
}

// The server's page takes the place of this one only if it is a form again: a refusal must not wipe what was typed.
async function send(form) {
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A printed form is followed by the next one of its batch, or by the list of batches.
    if (page.getElementById("sheet") || page.getElementById("again") || (answer.ok && answer.redirected && page.getElementById("so"))) {
      stop();
      unsaved = !answer.ok;
      history.replaceState(null, "", answer.url);
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      start();
      return;
    }
    const what = page.querySelector("main") ?? page.body;
    complain(`${word("unsaved")} ${what.textContent.trim().replace(/\s+/g, " ")}`);
  } catch {
    complain(word("unsent"));
  }
  delete form.dataset.sending;
}

const word = (name, values = {}) =>
  document.querySelector(`[data-word="${name}"]`)?.textContent.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all) ?? "";

const complain = (text) => {
  $("fault").textContent = text;
};

// Sends what was typed as soon as its field is left: one request at a time, which takes all that came meanwhile. What
// could not be sent stays here and is tried again, with the next field and every few seconds.
function saver(form) {
  const waiting = new Map();
  let place = form.dataset.at, busy = false, ended = false, timer = 0;
  const tell = (name, values) => {
    $("saved-so-far").textContent = word(name, values);
    $("saved-so-far").classList.toggle("fault", name !== "kept");
  };
  const sendOn = async () => {
    if (busy || ended) return;
    busy = true;
    clearTimeout(timer);
    const sent = new Map(waiting);
    const body = new URLSearchParams([...sent, ["at", place]]);
    const headers = { "X-CSRFToken": form.elements.csrf_token.value };
    try {
      const answer = await fetch(form.dataset.save, { method: "POST", body, headers, redirect: "manual", keepalive: true });
      if (ended) return;
      if (answer.ok) {
        for (const [code, text] of sent) if (waiting.get(code) === text) waiting.delete(code);
        unsaved = waiting.size > 0;
        tell("kept");
      } else if (answer.status === 409 || answer.status === 410) {
        ended = true; // it is no longer this keyer's form
        unsaved = false;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        complain((page.querySelector("main p") ?? page.body).textContent.trim().replace(/\s+/g, " "));
        return;
      } else throw answer.type === "opaqueredirect" || answer.status === 400 ? "signed_out" : "waiting";
      busy = false;
      if (waiting.size) sendOn();
    } catch (reason) {
      if (ended) return;
      busy = false;
      tell(reason === "signed_out" ? reason : "waiting", { count: waiting.size });
      timer = setTimeout(sendOn, 3000);
    }
  };
  stop();
  stop = () => {
    ended = true;
    clearTimeout(timer);
  };
  return {
    typed: (code, text) => waiting.set(code, text),
    moved: (code) => {
      if (code === place && !waiting.size) return;
      place = code;
      sendOn();
    },
  };
}

const MANY = 10; // fields nobody typed: with more of them another key saves, as the server asks too
const QUIET = "keying-quiet"; // in this browser's storage: no sound

// Two short tones, for eyes that are on the paper.
let speaker;
function sound() {
  if (localStorage.getItem(QUIET)) return;
  try {
    speaker ??= new AudioContext();
    for (const begin of [0, 0.16]) {
      const tone = speaker.createOscillator();
      const volume = speaker.createGain();
      tone.type = "square";
      tone.frequency.value = 330;
      volume.gain.value = 0.12;
      tone.connect(volume).connect(speaker.destination);
      tone.start(speaker.currentTime + begin);
      tone.stop(speaker.currentTime + begin + 0.1);
    }
  } catch {
    // no sound here: the card is red
  }
}

function screen(form) {
  document.body.classList.add("live");
  const rows = [...form.querySelectorAll("[data-item]")].map((element) => {
    const part = element.closest("[data-part]").dataset;
    return {
      ...JSON.parse(element.dataset.item),
      field: element.querySelector("input"),
      question: element.querySelector("label").lastChild.textContent.trim(), // after the span with its number
      hint: element.dataset.hint,
      part: `${part.part}. ${part.title}`,
      block: part.part,
      cell: document.querySelector(`[data-go="${element.querySelector("input").name}"]`),
    };
  });
  const byCode = Object.fromEntries(rows.map((row) => [row.code, row]));
  const numbered = rows.filter((row) => row.no);
  const rules = JSON.parse(form.dataset.rules || "[]"); // [what is said, when] of answers that hardly go together
  const saving = form.dataset.save ? saver(form) : null;
  const box = $("box");
  let at = 0; // where the keyer is; rows.length is the end of the form
  let where = false; // the box takes the number of a question
  let held = null; // the keys typed since a wrong one: nothing is written until Esc
  let blanks = false; // whoever saves said that all that is left is blank on the paper

  // What was typed, read as the server reads it
  const typed = (row) => row.field.value.trim();
  const chosen = (row) => {
    const text = typed(row);
    if (!row.choices.length || row.blank.includes(text) || row.two.includes(text)) return [];
    if (!row.several) return text ? [Number(text)] : [];
    const parts = text.split(/[;,.\s]+/).filter(Boolean);
    return (parts.length === 1 && row.choices.every(([code]) => code < 10) ? [...parts[0]] : parts).map(Number);
  };
  const holds = (condition) =>
    condition.item
      ? asked(byCode[condition.item]) && chosen(byCode[condition.item]).some((code) => condition.any.includes(code))
      : condition.not
        ? !holds(condition.not)
        : condition.all
          ? condition.all.every(holds)
          : condition.any.some(holds);
  const asked = (row) => !row.show_if || holds(row.show_if);
  const isTwo = (row) => row.two.includes(typed(row));
  const isBlank = (row) => row.blank.includes(typed(row));
  const untyped = () => numbered.filter((row) => asked(row) && !typed(row));
  const odd = () => rules.filter(([, when]) => holds(when)).map(([says]) => says);
  // The paper is right: what a printed form holds is kept as written, even a number that can't be.
  const isBeyond = (row) => saving && row.limits && NUMBER.test(typed(row)) && !inRange(row, typed(row));
  const warned = (row) => isTwo(row) || isBeyond(row) || (typed(row) && !isBlank(row) && !asked(row));

  // Moving
  const onward = (from, step) => {
    let next = from + step;
    while (rows[next] && !asked(rows[next])) next += step;
    return Math.max(0, Math.min(next, rows.length));
  };
  const go = (place) => {
    keep();
    stand(place);
  };
  const stand = (place) => {
    at = place;
    where = false;
    $("fault").textContent = "";
    show();
    saving?.moved(rows[at]?.code ?? ".");
  };
  // What stands in the box without Enter is kept too, whichever way the keyer leaves.
  const keep = () => {
    const row = rows[at];
    if (where || !row) return;
    const text = box.value.trim();
    if (!row.choices.length && (!row.limits || written(row, text))) write(text);
  };
  const inRange = (row, text) => NUMBER.test(text) && row.limits[0] <= Number(text) && Number(text) <= row.limits[1];
  const written = (row, text) => saving ? NUMBER.test(text) : inRange(row, text);
  const write = (text) => {
    if (rows[at].field.value === text) return;
    rows[at].field.value = text;
    unsaved = true;
    saving?.typed(rows[at].code, text);
  };
  const refuse = (text) => {
    $("fault").textContent = text;
    box.value = "";
  };
  // A key that can't be: all keys after it were meant for the rows below, so none of them is written.
  const hold = (row, text, choice) => {
    held = [];
    sound();
    refuse("");
    $("held-key").textContent = text;
    $("held-says").textContent = word(row ? "held" : "over", { typed: text, no: row?.no ?? "+" });
    $("held-choice").textContent = choice;
    $("held-how").textContent = word(row ? "again" : "over_how", { no: row?.no ?? "" });
    showHeld();
    $("reopen").focus();
  };
  const later = (key) => {
    held.push(key);
    showHeld();
  };
  const reopen = () => {
    held = null;
    showHeld();
    stand(at);
  };
  const showHeld = () => {
    $("band").classList.toggle("wrong", Boolean(held));
    rows[at]?.cell.classList.toggle("wrong", Boolean(held));
    $("held").hidden = $("holding").hidden = !held;
    $("review").hidden = Boolean(held) || Boolean(rows[at]) || where;
    $("asking").querySelector(".answering").hidden = Boolean(held);
    $("held-later").hidden = !held?.length;
    $("held-keys").replaceChildren(...(held ?? []).slice(-12).map((key) => element("kbd", key)));
    $("sound").textContent = word(localStorage.getItem(QUIET) ? "quiet" : "loud");
  };
  const mute = () => {
    if (localStorage.getItem(QUIET)) localStorage.removeItem(QUIET);
    else localStorage.setItem(QUIET, "1");
    showHeld();
  };

  const enter = () => {
    const row = rows[at];
    const text = box.value.trim();
    if (where) {
      const found = numbered.find((one) => one.no.toLowerCase() === text.toLowerCase());
      if (found) go(rows.indexOf(found));
      else refuse(word("nowhere", { typed: text, last: numbered.at(-1).no }));
      return;
    }
    if (!row) {
      save();
      return;
    }
    if (!row.choices.length) {
      if (row.limits && text && !row.blank.includes(text) && !written(row, text)) {
        hold(row, text, word("range", { first: row.limits[0], last: row.limits[1] }));
        return;
      }
      box.value = text || (row.blank[0] ?? "");
      write(box.value);
      go(onward(at, 1));
      return;
    }
    if (row.several) {
      if (text && !take(row, text, true)) return;
      if (rows[at] !== row) return;
      if (!typed(row)) write(row.blank[0]);
      go(onward(at, 1));
      return;
    }
    if (text) take(row, text, true);
    else refuse(word("empty", { blank: row.blank[0] }));
  };

  // One key, or the digits so far, at a question with choices; false where it was refused
  const take = (row, text, whole) => {
    const codes = row.choices.map(([code]) => String(code));
    const longer = codes.some((code) => code !== text && code.startsWith(text));
    const known = codes.includes(text) || row.blank.includes(text) || row.two.includes(text);
    if (longer && !(whole && known)) {
      $("says").textContent = word("longer");
      return true;
    }
    if (!known) {
      const printed = [...codes, ...row.blank.slice(0, 1), ...row.two.slice(0, 1)];
      hold(row, text, word("refused", { codes: printed.join(", ") }));
      return false;
    }
    if (!row.several || row.blank.includes(text)) {
      write(text);
      go(onward(at, 1));
      return true;
    }
    const now = chosen(row);
    const code = Number(text);
    write((now.includes(code) ? now.filter((one) => one !== code) : [...now, code].sort((a, b) => a - b)).join(";"));
    show();
    return true;
  };

  const finish = () => {
    keep();
    if (at < rows.length && untyped().length) {
      go(rows.length);
      return;
    }
    save();
  };
  const save = () => form.requestSubmit();
  const saveBlank = () => {
    keep();
    if (at < rows.length) {
      go(rows.length);
      return;
    }
    blanks = true;
    save();
  };

  const does = {
    back: () => go(where ? at : onward(at, -1)),
    forth: () => go(onward(at, 1)),
    where: () => {
      where = true;
      $("fault").textContent = "";
      show();
    },
    beside: () => {
      const row = rows[at];
      const text = row && rows.find((one) => one.beside === row.code);
      if (text) go(rows.indexOf(text));
      else box.value = "";
    },
    day: () => {
      box.value = "";
      $("day")?.focus();
    },
    help: () => {
      box.value = "";
      $("help").showModal();
    },
    enter,
    finish,
    saveBlank,
  };
  const letters = { g: "where", k: "beside", d: "day", "?": "help" };

  // Showing. What stays as it was is not touched: of 89 cells a key changes two.
  const put = (element, property, text) => {
    if (element[property] !== String(text)) element[property] = text;
  };
  const element = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: text, className });
  const line = (row) => {
    const entry = element("li", "", warned(row) ? "warned" : "");
    const remark = isTwo(row) ? word("two") : isBlank(row) ? word("blank") : !asked(row) ? word("not_asked") : "";
    entry.append(element("span", row.no ?? "+", "no"), element("b", brief(row)), element("span", row.short));
    if (remark) entry.append(element("em", remark));
    return entry;
  };
  const brief = (row) => {
    const text = typed(row);
    return row.is_text ? (text ? "…" : "") : row.several && !isBlank(row) ? chosen(row).join(" ") : text;
  };
  const seen = (row) => asked(row) || typed(row);
  const choice = (row, key, text, pressed) => {
    const entry = document.createElement("li");
    const button = element("button", "");
    button.type = "button";
    button.tabIndex = -1;
    button.append(element("kbd", key), element("span", text));
    if (pressed) button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      take(row, String(key), true);
      box.focus();
    });
    entry.append(button);
    return entry;
  };

  // The count of a part, as it stands at its end on the paper: a question that is not asked is printed there too
  const inPart = (block) => numbered.filter((row) => row.block === block);
  const past = (row) => typed(row) || !asked(row);
  function counts() {
    for (const count of document.querySelectorAll(".map [data-count]")) {
      const own = inPart(count.dataset.count);
      const done = own.filter(past).length;
      put(count, "textContent", done === own.length ? `✓ ${done}` : `${done}/${own.length}`);
      put(count, "className", done === own.length ? "done" : "");
    }
    const row = rows[at];
    const passed = rows.slice(0, at).findLast((one) => one.no && one.block !== row?.block);
    const own = passed ? inPart(passed.block) : [];
    $("part-end").textContent = passed
      ? word("part_end", { part: passed.block, all: own.length, typed: own.filter(past).length })
      : "";
  }
  const ends = (row) => {
    const own = inPart(row.block);
    if (own.at(-1) !== row || own.length < 2) return [];
    const entry = element("li", "", "ends");
    entry.append(element("span", word("ends", { part: row.block, all: own.length, typed: own.filter(past).length })));
    return [entry];
  };

  function show() {
    const row = rows[at];
    const ended = !row && !where;
    $("asking").hidden = ended;
    $("review").hidden = !ended;
    $("past").replaceChildren(...rows.slice(0, at).filter(seen).slice(-8).reverse().map(line));
    $("coming").replaceChildren(...rows.slice(at + 1).filter(seen).slice(0, 8).flatMap((one) => [line(one), ...ends(one)]));
    $("at").textContent = row?.no ?? (numbered.findLast((one) => rows.indexOf(one) < at)?.no ?? 1);
    for (const one of rows) {
      put(one.cell.querySelector("b"), "textContent", brief(one));
      put(one.cell, "className", [one === row && "here", warned(one) && "warned", !seen(one) && "out"].filter(Boolean).join(" "));
    }
    row?.cell.scrollIntoView({ block: "nearest" });
    counts();
    warnings();
    if (ended) {
      review();
      return;
    }
    ask(row);
  }

  function ask(row) {
    $("part").textContent = where ? "" : [row.part, row.hint].filter(Boolean).join(" · ");
    $("question").replaceChildren(...(where ? [word("where")] : [element("span", row.no ?? "+", "no"), ` ${row.question}`]));
    const words = !where && row.is_text;
    const several = !where && row.several;
    $("says").textContent = where ? "" : word(several ? "several" : row.choices.length ? "one_key" : row.limits ? "number" : "words");
    $("band").classList.toggle("written", words);
    const now = where ? [] : chosen(row);
    $("choices").replaceChildren(...(where ? [] : row.choices.map(([code, text]) => choice(row, code, text, now.includes(code)))));
    const others = where || !row.choices.length ? [] : [["blank", row.blank[0], isBlank(row)], ["two", row.two[0], isTwo(row)]];
    $("others").replaceChildren(...others.filter(([, key]) => key).map(([name, key, pressed]) => choice(row, key, word(name), pressed)));
    box.maxLength = words ? row.field.maxLength : 40;
    box.inputMode = words ? "text" : "numeric";
    box.value = where || several ? "" : row.field.value;
    box.focus();
    box.select();
  }

  function warnings() {
    const found = [
      ...rows.filter(warned).map((row) =>
        isTwo(row)
          ? word("warn_two", { no: row.no, typed: typed(row) })
          : isBeyond(row)
            ? word("warn_beyond", { no: row.no, typed: typed(row), first: row.limits[0], last: row.limits[1] })
            : word("warn_unasked", { name: row.short })),
      ...odd(),
    ];
    $("warned").textContent = found.length;
    $("warnings-say").hidden = !found.length;
    $("warnings").replaceChildren(...found.map((text) => element("li", text)));
  }

  function review() {
    const open = untyped();
    const of = (test) => numbered.filter(test).length;
    $("sums").textContent = word("sums", {
      all: numbered.length,
      answered: of((row) => typed(row) && !isBlank(row) && !isTwo(row)),
      blank: of(isBlank),
      two: of(isTwo),
      warned: rows.filter(warned).length + odd().length,
    });
    $("left").hidden = $("not-at-end").hidden = !open.length;
    $("at-end").hidden = open.length > 0;
    $("left-says").textContent = word(open.length > MANY ? "left_many" : "left", { count: open.length });
    $("save").hidden = open.length > MANY;
    $("save-blank").hidden = open.length <= MANY;
    $("left-list").replaceChildren(...open.slice(0, 40).map((row) => {
      const button = element("button", row.no);
      button.type = "button";
      button.addEventListener("click", () => go(rows.indexOf(row)));
      const entry = document.createElement("li");
      entry.append(button);
      return entry;
    }), ...(open.length > 40 ? [element("li", "…")] : []));
    (open.length > MANY ? $("review") : $("save")).focus();
  }

  // Typing. Letters and digits arrive in the box, whatever keyboard or input method writes them.
  box.addEventListener("input", () => {
    const row = rows[at];
    let text = box.value.trim();
    $("fault").textContent = "";
    if (held) {
      later(text);
      box.value = "";
      return;
    }
    if (!where && row.is_text) return;
    const letter = letters[text.slice(-1).toLowerCase()];
    if (letter && (letter !== "day" || $("day"))) {
      does[letter]();
      return;
    }
    if (where || !row.choices.length || !text) return;
    const before = row.field.value;
    if (before && text.length > before.length && text.startsWith(before)) text = text.slice(before.length);
    take(row, text, false);
  });

  const arrows = { ArrowLeft: "back", ArrowRight: "forth", ArrowUp: "back", ArrowDown: "forth" };
  const keys = { F2: "finish", F8: "saveBlank", Enter: "enter", ...arrows };
  document.body.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || $("help").open) return;
    if (held) {
      if (event.key === "Tab") return;
      event.preventDefault();
      if (event.key === "Escape") reopen();
      else if (event.key.toLowerCase() === "m") mute();
      else if (event.key.length === 1 && event.key !== " ") later(event.key);
      return;
    }
    if (event.target.closest(".away")) return;
    if (event.target === $("day") && event.key !== "F2") {
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        show();
      }
      return;
    }
    const isPressed = event.target.closest("button, a");
    if (!where && !rows[at] && untyped().length && (event.key === "Escape" || (event.key === "Enter" && !isPressed))) {
      event.preventDefault();
      go(rows.indexOf(untyped()[0]));
      return;
    }
    if (event.key === "Escape") {
      event.preventDefault();
      stand(at);
      return;
    }
    const inside = rows[at]?.is_text && !where && event.target === box;
    if (inside && event.key === "ArrowLeft" && box.selectionEnd > 0) return;
    if (inside && event.key === "ArrowRight") return;
    if (event.key === "Enter" && event.target.closest("button, a")) return;
    if (event.target !== box && event.key.length === 1 && event.key !== " ") {
      if (rows[at] || where) {
        box.focus(); // the key arrives there
        return;
      }
      // An answer more than there are questions: some row before has the answer of another.
      if (/[\d*-]/.test(event.key)) {
        event.preventDefault();
        hold(null, event.key, "");
        return;
      }
      if (!letters[event.key.toLowerCase()]) return;
    }
    const name = keys[event.key] ?? (event.target !== box && letters[event.key.toLowerCase()]);
    if (!name) return;
    event.preventDefault();
    does[name]();
  });
  document.querySelector(".keys-list").addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || held) return;
    if (document.activeElement === button) box.focus();
    does[button.dataset.do]();
  });
  document.querySelector(".map").addEventListener("click", (event) => {
    const cell = event.target.closest("[data-go]");
    if (cell && !held) go(rows.indexOf(byCode[cell.dataset.go]));
  });
  $("problems")?.addEventListener("click", (event) => {
    const code = event.target.closest("a")?.hash.replace("#f-", "");
    if (!byCode[code]) return;
    event.preventDefault();
    if (!held) go(rows.indexOf(byCode[code]));
  });
  $("help").addEventListener("close", () => show());
  $("reopen").addEventListener("click", reopen);
  $("save-blank").addEventListener("click", saveBlank);
  $("day")?.addEventListener("change", () => {
    unsaved = true;
  });
  form.addEventListener("submit", (event) => {
    const open = untyped().length;
    if (open > MANY && !blanks) {
      event.preventDefault();
      event.stopImmediatePropagation();
      complain(word("many", { count: open }));
      return;
    }
    $("blanks").disabled = !open;
    $("blanks").value = open > MANY ? "nhieu" : "1";
    blanks = false;
  }, { capture: true });

  const wrong = rows.findIndex((row) => row.field.getAttribute("aria-invalid"));
  const begun = rows.some((row) => typed(row));
  const left = form.dataset.at === "." ? rows.indexOf(untyped()[0] ?? null) : rows.findIndex((row) => row.code === form.dataset.at);
  const first = wrong >= 0 ? wrong : left >= 0 ? left : begun ? rows.indexOf(untyped()[0] ?? null) : 0;
  stand(first >= 0 ? first : rows.length);
  if (wrong >= 0) $("fault").textContent = rows[wrong].field.closest("[data-item]").querySelector(".fault").textContent;
  if ($("day")?.getAttribute("aria-invalid")) $("day").focus();
}

addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
start();
