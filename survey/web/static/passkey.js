// Passkeys: a form asks the server what the device has to sign, lets it sign that, and is sent with what came back.
// Where the script does not run, or the browser knows no passkeys, the sentence that says so stays.

const known = Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);

async function answered(form) {
  const asked = await fetch(form.dataset.asks);
  if (!asked.ok) throw new Error(`the server says ${asked.status}`);
  const options = await asked.json();
  return "makes" in form.dataset
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function tell(form, fault) {
  const texts = [...form.querySelectorAll("[data-fault]")];
  const told = texts.find((text) => text.dataset.fault === fault?.name) ?? texts.at(-1);
  for (const text of texts) text.hidden = !fault || text !== told;
}

for (const form of known ? document.querySelectorAll("form[data-asks]") : []) {
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true; // one question at a time: a second would make the first worthless
    tell(form, null);
    try {
      form.elements.answer.value = JSON.stringify(await answered(form));
      form.submit();
    } catch (fault) {
      tell(form, fault);
    } finally {
      button.disabled = false;
    }
  });
}
for (const sentence of document.querySelectorAll("[data-without-passkeys]")) sentence.hidden = known;
