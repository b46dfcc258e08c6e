// HPKE (RFC 9180) for the kiosk, as one module: what seal.js needs of @hpke/core and nothing else.

export { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
