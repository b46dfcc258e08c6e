// The list of places grows shorter as one types: by today's names, and by those of before. Without it "Find" does that.

const form = document.querySelector(".search");
const field = form.querySelector("input[type=search]");
const status = document.querySelector(".matches");
const FEWEST_LETTERS = 3; // of a former name: there are many
const SHORT = { p: "phuong", x: "xa", dk: "dac khu", tp: "thanh pho", tx: "thi xa", tt: "thi tran", h: "huyen" };
const KIND = new RegExp(`^(${Object.keys(SHORT).map((key) => `${key}|${SHORT[key]}`).join("|")})[. ]+(?=\\S)`);

const fold = (text) => text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "")
  .replace(/-/g, " ").trim().replace(/ +/g, " ");
const bare = (text) => text.replace(KIND, "");

const places = [...document.querySelectorAll(".list li")].map((line) => {
  const code = line.querySelector("a").pathname.split("/").pop();
  const [name, kind] = line.querySelectorAll("a > span");
  const former = (kind.dataset.former || "").split(";").map((one) => one.trim()).filter(Boolean);
  return { line, code, name: fold(name.textContent), kind, said: kind.textContent, former };
});

// The name of before by which a place is found, "" where it is found by its own, null where it isn't.
function found(place, wanted) {
  if (place.code === wanted) return "";
  if (` ${place.name}`.includes(` ${bare(wanted)}`) || place.name.replace(/ /g, "").startsWith(bare(wanted))) return "";
  if (bare(wanted).length < FEWEST_LETTERS) return null;
  const before = place.former.find((one) => fold(one).startsWith(wanted) || ` ${bare(fold(one))}`.includes(` ${wanted}`));
  return before === undefined ? null : before;
}

field.addEventListener("input", () => {
  const wanted = fold(field.value).replace(KIND, (all, kind) => `${SHORT[kind] || kind} `);
  const plain = wanted.replace(/ (cu|truoc)$/, ""); // "Hạ Long cũ"; and a name that people still say has no kind
  const words = [wanted, plain, bare(plain)].find((one) => places.some((place) => found(place, one) !== null));
  let count = 0;
  for (const place of places) {
    const former = !wanted ? "" : words === undefined ? null : found(place, words);
    place.line.hidden = former === null;
    place.kind.textContent = former ? form.dataset.former.replace("…", former) : place.said;
    if (former !== null) count += 1;
  }
  for (const list of document.querySelectorAll(".letter + .list")) {
    const empty = [...list.children].every((line) => line.hidden);
    list.hidden = empty;
    list.previousElementSibling.hidden = empty;
  }
  if (!wanted) status.textContent = "";
  else status.textContent = count ? `${form.dataset.some} ${count}` : form.dataset.none;
});
