// The list of places grows shorter as one types: by today's names, and by those of before. What it doesn't find in the
// list (a name with its district, one nearly so) the server is asked for, as "Find" does without it.

const form = document.querySelector(".search");
const field = form.querySelector("input[type=search]");
const status = document.querySelector(".matches");
const FEWEST_LETTERS = 3; // of a former name: there are many
const PAUSE = 300; // ms without a key, before the server is asked
const SHORT = { p: "phuong", x: "xa", dk: "dac khu", tp: "thanh pho", tx: "thi xa", tt: "thi tran", h: "huyen" };
const KIND = new RegExp(`^(dao|${Object.keys(SHORT).map((key) => `${key}|${SHORT[key]}`).join("|")})[. ]+(?=\\S)`);

const fold = (text) => text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "")
  .replace(/[-.,;:/()_'"]/g, " ").trim().replace(/ +/g, " ");
const bare = (text) => text.replace(KIND, "");

const places = [...document.querySelectorAll(".list li")].map((line) => {
  const code = line.querySelector("a").pathname.split("/").pop();
  const [name, kind] = line.querySelectorAll("a > span");
  const former = (kind.dataset.former || "").split(";").map((one) => one.trim()).filter(Boolean);
  return { line, code, name: fold(name.textContent), kind, said: kind.textContent, former };
});

// The name of before by which a place is found, "" where it is found by its own, null where it isn't.
function found(place, wanted) {
  if (place.code === wanted.padStart(5, "0")) return "";
  if (` ${place.name}`.includes(` ${bare(wanted)}`) || place.name.replace(/ /g, "").startsWith(bare(wanted))) return "";
  if (bare(wanted).length < FEWEST_LETTERS) return null;
  const before = place.former.find((one) => fold(one).startsWith(wanted) || ` ${bare(fold(one))}`.includes(` ${wanted}`));
  return before === undefined ? null : before;
}

// Shows the places of which a name of before, or "", is told; how many these are.
function show(told) {
  let count = 0;
  for (const place of places) {
    const former = told(place);
    place.line.hidden = former === null;
    place.kind.textContent = former ? form.dataset.former.replace("…", former) : place.said;
    if (former !== null) count += 1;
  }
  for (const list of document.querySelectorAll(".letter + .list")) {
    const empty = [...list.children].every((line) => line.hidden);
    list.hidden = empty;
    list.previousElementSibling.hidden = empty;
  }
  return count;
}

let asked = 0;

// The server's own answer in the place of the list, unless somebody has typed on meanwhile.
async function ask() {
  const time = ++asked;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (time !== asked) return;
  const answer = await fetch(`/?${new URLSearchParams(new FormData(form))}`).then((sent) => sent.text()).catch(() => "");
  const page = new DOMParser().parseFromString(answer, "text/html");
  const there = page.querySelector(".found");
  if (time !== asked || !there) return;
  show(() => null);
  status.after(there);
  const told = page.querySelector(".matches span");
  status.textContent = told ? told.textContent : "";
}

field.addEventListener("input", () => {
  for (const before of document.querySelectorAll(".found")) before.remove();
  asked += 1;
  const wanted = fold(field.value).replace(KIND, (all, kind) => `${SHORT[kind] || kind} `);
  const plain = wanted.replace(/ (cu|truoc)$/, ""); // "Hạ Long cũ"; and a name that people still say has no kind
  const words = [wanted, plain, bare(plain)].find((one) => places.some((place) => found(place, one) !== null));
  // "Phương Đông" is one of before, not the wards that begin with Đông.
  const exact = places.some((place) => place.former.some((one) => bare(fold(one)) === fold(field.value)))
    && !places.some((place) => place.name === fold(field.value));
  const count = show((place) => !wanted ? "" : words === undefined ? null : found(place, words));
  if (wanted && (!count || (exact && count > 1))) ask();
  if (!wanted) status.textContent = "";
  else status.textContent = count ? `${form.dataset.some} ${count}` : form.dataset.none;
});
