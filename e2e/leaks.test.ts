import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { findLeaks } from "./leaks.ts";

const CANARY = "CANARY-of-the-leak-test";
const base64 = (text: string) => Buffer.from(text).toString("base64");

it.each<[string, Buffer]>([
  ["as it is", Buffer.from(`x${CANARY}y`)],
  ["in UTF-16", Buffer.from(`x${CANARY}y`, "utf16le")],
  ["as hex", Buffer.from(Buffer.from(CANARY).toString("hex"))],
  ["in UTF-16 of the other order", Buffer.from(`x${CANARY}y`, "utf16le").swap16()],
  ["as hex in capitals", Buffer.from(Buffer.from(CANARY).toString("hex").toUpperCase())],
  ["in an address", Buffer.from(`?q=${CANARY.replaceAll(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`)],
  ["as base64", Buffer.from(base64(`${CANARY}y`))],
  ["as base64, one byte in", Buffer.from(base64(`x${CANARY}y`))],
  ["as base64, two bytes in", Buffer.from(base64(`xx${CANARY}y`))],
  ["in gzip", Buffer.concat([Buffer.from("head"), gzipSync(CANARY)])],
  ["in deflate", deflateSync(CANARY)],
  ["in zstd", Buffer.concat([Buffer.from("head"), zstdCompressSync(CANARY)])],
  ["in gzip that stands in base64", Buffer.from(`{"body":"${gzipSync(CANARY).toString("base64")}"}`)],
  ["in deflate that stands in base64", Buffer.from(`body=${deflateSync(CANARY).toString("base64url")}&`)],
  ["in gzip of a zstd in base64", gzipSync(`"${zstdCompressSync(CANARY).toString("base64")}"`)],
])("finds a canary %s", (_name, content) => {
  const folder = mkdtempSync(path.join(tmpdir(), "leaks-"));
  writeFileSync(path.join(folder, "file"), content);
  expect(findLeaks([folder], [CANARY])).toEqual([`${CANARY} in ${path.join(folder, "file")}`]);
});

it("finds nothing where there is nothing", () => {
  const harmless = Buffer.from("CANARY-of-the-leak-tess and many other words");
  expect(findLeaks([], [CANARY], { output: harmless })).toEqual([]);
});
