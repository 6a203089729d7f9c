import { createHmac, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { KeyedHash } from "./keyed-hash.ts";

const hmac = (key: Uint8Array, ...parts: Uint8Array[]) => {
  const made = createHmac("sha256", key);
  for (const part of parts) made.update(part);
  return made.digest("hex").slice(0, 32);
};

it.each(["", "msg_1", "claude_code\0msg_1", "ünï\u{1f680}\ud800", "x".repeat(447), "é".repeat(4_000)])(
  "is HMAC-SHA-256 of a text's UTF-8 bytes: %j",
  (text) => {
    for (const size of [1, 32, 64]) {
      const key = randomBytes(size);
      expect(new KeyedHash(key).text(text)).toBe(hmac(key, Buffer.from(text, "utf8")));
    }
  },
);

it("is HMAC-SHA-256 of bytes, in one part or several, after texts of any length", () => {
  const key = randomBytes(32);
  const keyed = new KeyedHash(key);
  for (const size of [0, 1, 64, 500, 1_024, 3]) {
    const bytes = randomBytes(size);
    keyed.text("x".repeat(size * 2));
    expect(keyed.bytes(Buffer.from("digest\0"), bytes)).toBe(hmac(key, Buffer.from("digest\0"), bytes));
  }
});

it("refuses a key that HMAC would hash first", () => {
  expect(() => new KeyedHash(new Uint8Array(65))).toThrow(RangeError);
});
