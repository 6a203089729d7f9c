import { createHash, generateKeyPairSync } from "node:crypto";

export interface MachineKey {
  /** Ed25519, 32 bytes, base64url: what the server gets. */
  publicKey: string;
  /** PKCS #8, PEM: never leaves this machine. */
  privateKey: string;
}

/** Signs what the developer accepts on this machine. */
export function makeMachineKey(): MachineKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: publicKey.export({ format: "jwk" }).x ?? "",
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
