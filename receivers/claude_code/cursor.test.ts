import { Random } from "#testkit/corpus/random.ts";
import { expect, it } from "vitest";
import { scanBuffer } from "#tail/scan-buffer.ts";
import { Cursor, KeyTable, stringEnd } from "./cursor.ts";

function bufferOf(text: string, shift = 0) {
  const bytes = Buffer.from(text);
  const buffer = scanBuffer(bytes.length + shift + 1);
  bytes.copy(buffer.bytes, shift);
  buffer.bytes[shift + bytes.length] = 34;
  return { buffer, start: shift, end: shift + bytes.length };
}

it("finds the end of strings of any content at any alignment", () => {
  const random = new Random(11);
  const units = ["a", "\\", '"', "é", "日", "\u0000", "\n", "🦊", "\u00a2", "\ud800", "#", "!"] as const;
  for (let n = 0; n < 4000; n += 1) {
    let text = "";
    for (let i = random.between(0, 30); i > 0; i -= 1) text += random.pick(units);
    const json = JSON.stringify(text);
    const { buffer, start } = bufferOf(`${json},"x":1}`, n % 8);
    expect(stringEnd(buffer, start + 1)).toBe(start + Buffer.byteLength(json) - 1);
  }
});

it.each(['"open', '"escaped\\"', '"two\\\\\\"', "\\", ""])("does not run past the end of %j", (text) => {
  const { buffer, start, end } = bufferOf(text);
  expect(stringEnd(buffer, start + 1)).toBeGreaterThanOrEqual(end);
});

it.each([
  ["1}", 1],
  ["9007199254740991,", 9_007_199_254_740_991],
  ["9007199254740993,", -1],
  ["null}", -1],
  ["1.5}", -1],
  ["-3,", -1],
  ['"7",', -1],
  ["1e3]", -1],
])("reads %s as a count of %d", (text, value) => {
  const { buffer, start, end } = bufferOf(text);
  const cursor = new Cursor(buffer);
  cursor.reset(buffer, start, end);
  expect(cursor.count()).toBe(value);
});

it.each(['{"a":[1,{"b":"]}"}]', "[", '{"a"', "tru{", '{"a":"b', "}", ""])(
  "refuses to step over %j",
  (text) => {
    const { buffer, start, end } = bufferOf(text);
    const cursor = new Cursor(buffer);
    cursor.reset(buffer, start, end);
    expect(() => cursor.skip()).toThrow("not compact JSON");
  },
);

it("finds keys by their bytes alone", () => {
  const table = new KeyTable({ type: 1, uuid: 2, timestamp: 3 });
  const bytes = Buffer.from("type uuid timestamp typo tyype");
  expect([table.find(bytes, 0, 4), table.find(bytes, 5, 9), table.find(bytes, 10, 19)]).toEqual([1, 2, 3]);
  expect([table.find(bytes, 20, 24), table.find(bytes, 25, 30), table.find(bytes, 0, 0)]).toEqual([0, 0, 0]);
});
