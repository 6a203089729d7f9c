import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { conversationOf } from "./conversation.ts";
import { moreRows, noRows } from "./conversation-rows.ts";
import type { Bubble, Composer } from "./fields.ts";

it("reads the conversation's own row once, and counts it once, however many slices its messages take", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)");
  const put = db.prepare("INSERT INTO cursorDiskKV VALUES (?, ?)");
  put.run("composerData:a", '{"_v": 17, "trunc');
  for (let i = 0; i < 5; i += 1) put.run(`bubbleId:a:${i}`, '{"type": 1}');
  let { value: rows, isDone } = moreRows({ db, isOver: () => true }, noRows("a"));
  let slices = 1;
  for (; !isDone; slices += 1) ({ value: rows, isDone } = moreRows({ db, isOver: () => true }, rows));
  expect([slices, rows.bubbles.length, rows.malformed]).toEqual([6, 5, 1]);
  db.close();
});

function bubble(name: string, timeMs: number): Bubble {
  const unknown = { generation: "", model: "", input: -1, output: -1, cwd: "" };
  return { key: `bubbleId:a:${name}`, isAsked: true, timeMs, ...unknown };
}

it.each([
  ["in Cursor's order", ["c", "b", "a"], "cba"],
  ["by their times where Cursor lists none", [], "-abc"],
  ["what is not listed before what is later", ["c"], "abc-"],
  ["what is not listed, and has no time, behind what is listed", ["a", "b"], "ab-c"],
  ["and before what is later still", ["a"], "a-bc"],
] as const)("puts messages in order: %s", (_, order, expected) => {
  const bubbles = [bubble("c", 3), bubble("-", Number.NaN), bubble("a", 1), bubble("b", 2)];
  const composer = { order, subagents: [], status: "completed", createdMs: 0 } as unknown as Composer;
  const { turns } = conversationOf(
    "a",
    composer,
    order.length === 3 ? bubbles.filter(({ timeMs }) => timeMs > 0) : bubbles,
  );
  expect(turns.map(({ asked }) => asked.slice(-1)).join("")).toBe(expected);
});
