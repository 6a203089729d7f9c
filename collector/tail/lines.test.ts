import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { BlockBuffer, readLines } from "./lines.ts";

const dir = mkdtempSync(path.join(tmpdir(), "tail-"));
afterAll(() => rmSync(dir, { recursive: true }));

function read(content: string | Buffer, { from = 0, maxBytes = Infinity, maxLineBytes = 1 << 26 } = {}) {
  const file = path.join(dir, "f.jsonl");
  writeFileSync(file, content);
  const fd = openSync(file, "r");
  const lines: [offset: number, length: number, text: string][] = [];
  const end = readLines(
    fd,
    new BlockBuffer(),
    { from, maxBytes, maxLineBytes },
    (buffer, start, stop, offset) => {
      lines.push([offset, stop - start, buffer.bytes.toString("latin1", start, Math.min(stop, start + 20))]);
    },
  );
  closeSync(fd);
  return { lines, end };
}

it("hands over complete lines with their offsets and leaves the unfinished one", () => {
  const { lines, end } = read("one\n\nthree\nhal");
  expect(lines).toEqual([
    [0, 3, "one"],
    [4, 0, ""],
    [5, 5, "three"],
  ]);
  expect(end).toEqual({ offset: 11, searchedTo: 14, oversize: 0, atEnd: true });
});

it("goes on where it stopped", () => {
  const { lines, end } = read("one\ntwo\nthree\n", { from: 4 });
  expect(lines.map(([offset, , text]) => [offset, text])).toEqual([
    [4, "two"],
    [8, "three"],
  ]);
  expect(end.offset).toBe(14);
});

it("loses nothing where lines cross blocks", () => {
  const text = Array.from({ length: 9000 }, (_, i) => `${i}:${"x".repeat(i % 700)}`).join("\n");
  const { lines } = read(`${text}\n`);
  expect(lines).toHaveLength(9000);
  expect(lines.every(([, , line], i) => line.startsWith(`${i}:`))).toBe(true);
});

it("reads a line of 64 MB whole, and the line behind it", () => {
  const big = Buffer.alloc(64_000_000, "y");
  const { lines, end } = read(Buffer.concat([Buffer.from("a\n"), big, Buffer.from("\nb\n")]));
  expect(lines.map(([offset, length]) => [offset, length])).toEqual([
    [0, 1],
    [2, 64_000_000],
    [64_000_003, 1],
  ]);
  expect(end.oversize).toBe(0);
});

it.each([3_000_000, 1_500_000, 1_048_577, 4000])(
  "counts a line of %d bytes over the limit and goes on",
  (bytes) => {
    const long = Buffer.alloc(bytes, "z");
    const { lines, end } = read(Buffer.concat([Buffer.from("a\n"), long, Buffer.from("\nb\n")]), {
      maxLineBytes: 3000,
    });
    expect(lines.map(([, , text]) => text)).toEqual(["a", "b"]);
    expect(end).toMatchObject({ oversize: 1, offset: bytes + 5, atEnd: true });
  },
);

it("stops at the end of a line when it has read enough", () => {
  const line = `${"q".repeat(999)}\n`;
  const { end } = read(line.repeat(5000), { maxBytes: 1000 });
  expect(end.atEnd).toBe(false);
  expect(end.offset % 1000).toBe(0);
});
