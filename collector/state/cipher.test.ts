import { expect, it } from "vitest";
import { BatchCipher } from "./cipher.ts";

const key = new Uint8Array(32).fill(1);
const database = new Uint8Array(16).fill(2);
const plaintext = Buffer.from("records of a developer");
const cipher = new BatchCipher(key, database);
const sealed = cipher.seal("otlp_http/talos", 7, plaintext);

it("opens what it sealed, also by another instance with the same key", () => {
  expect(cipher.open("otlp_http/talos", 7, sealed)).toEqual(plaintext);
  expect(new BatchCipher(key, database).open("otlp_http/talos", 7, sealed)).toEqual(plaintext);
  expect(cipher.open("e", 1, cipher.seal("e", 1, new Uint8Array(0)))).toHaveLength(0);
});

it("opens nothing in which any single bit differs", () => {
  const opened = Array.from({ length: sealed.length * 8 }, (_, bit) => {
    const flipped = Uint8Array.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return cipher.open("otlp_http/talos", 7, flipped);
  });
  expect(opened.every((result) => result === undefined)).toBe(true);
});

it.each([
  { name: "another row", cipher, exporter: "otlp_http/talos", id: 8 },
  { name: "another exporter", cipher, exporter: "otlp_http/talos2", id: 7 },
  {
    name: "another database",
    cipher: new BatchCipher(key, new Uint8Array(16).fill(3)),
    exporter: "otlp_http/talos",
    id: 7,
  },
  {
    name: "another key",
    cipher: new BatchCipher(new Uint8Array(32).fill(9), database),
    exporter: "otlp_http/talos",
    id: 7,
  },
])("does not open a batch of $name", ({ cipher: other, exporter, id }) => {
  expect(other.open(exporter, id, sealed)).toBeUndefined();
});

it("does not open a cut batch, and never seals twice the same way", () => {
  for (let length = 0; length < sealed.length; length += 1) {
    expect(cipher.open("otlp_http/talos", 7, sealed.subarray(0, length))).toBeUndefined();
  }
  expect(cipher.seal("otlp_http/talos", 7, plaintext)).not.toEqual(sealed);
});
