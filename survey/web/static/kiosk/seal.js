// Sealing to the server's public key: HPKE (RFC 9180), in the form that survey/responses/sealed_responses.py opens.

const STEP = 4096; // bytes: sealed answers have one of few lengths, whatever was asked and answered

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (data) =>
  btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

// Spaces at the end of JSON mean nothing; they hide how long the remark was and which questions were asked.
function padded(content) {
  const plain = new TextEncoder().encode(JSON.stringify(content));
  const whole = new Uint8Array(Math.ceil(plain.length / STEP) * STEP).fill(32);
  whole.set(plain);
  return whole;
}

// What is sent to /api/v1/sealed; `about` is day, id, mode, unit and wave, and psu where there is one.
export async function seal(publicKey, key, about, content) {
  const { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } = await import("./hpke.js");
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const { day, id, mode, psu, unit, wave } = about;
  const sealed = await suite.seal(
    {
      recipientPublicKey: await suite.kem.importKey("raw", bytes(publicKey).buffer, true),
      info: new TextEncoder().encode(JSON.stringify({ day, id, mode, psu, unit, wave })),
    },
    padded(content),
  );
  return { ...about, key, sealed: text(joined(sealed.enc, sealed.ct)) };
}

function joined(first, second) {
  const whole = new Uint8Array(first.byteLength + second.byteLength);
  whole.set(new Uint8Array(first));
  whole.set(new Uint8Array(second), first.byteLength);
  return whole;
}
