"use strict";
// Seals a text to the collector, so that nobody who reads the folder, the recorder included, can open it again.

const {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} = require("node:crypto");

const VERSION = 1;
const INFO = "talos cursor-hooks cwd v1";

/**
 * @param {string} text
 * @param {string} recipient The collector's raw X25519 public key, in base64url.
 * @returns {string} Version, ephemeral public key, ciphertext and tag, in base64url. Throws where the key is none.
 */
function seal(text, recipient) {
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: recipient }, format: "jwk" });
  const own = generateKeyPairSync("x25519");
  const ephemeral = Buffer.from(String(own.publicKey.export({ format: "jwk" }).x), "base64url");
  const salt = Buffer.concat([ephemeral, Buffer.from(recipient, "base64url")]);
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey });
  const key = Buffer.from(hkdfSync("sha256", shared, salt, INFO, 32));
  // The key is used once, so the nonce need not differ.
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.alloc(12));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([Buffer.from([VERSION]), ephemeral, sealed]).toString("base64url");
}

module.exports = { seal };
