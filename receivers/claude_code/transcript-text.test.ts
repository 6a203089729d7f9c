import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TextWanted } from "#component/component.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { receiverOf } from "./testkit.ts";

const AT = "2026-11-20T09:15:00.000Z";
const AT_MS = Date.parse(AT);
let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "text-"));
  mkdirSync(path.join(home, "projects/p"), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

let next = 0;
function line(over: Record<string, unknown>): string {
  const uuid = `${String((next += 1)).padStart(8, "0")}-1111-4222-8333-444455556666`;
  const common = { sessionId: "s", cwd: "/w", version: "2.1.330", uuid, timestamp: AT, promptId: "p" };
  return `${JSON.stringify({ ...common, ...over })}\n`;
}
const user = (content: unknown, over = {}) =>
  line({ type: "user", promptSource: "typed", message: { role: "user", content }, ...over });
const assistant = (content: unknown[], stop: string | null = null, id = "msg_1") =>
  line({
    type: "assistant",
    requestId: "req_1",
    message: {
      id,
      model: "claude-opus-4-5",
      content,
      stop_reason: stop,
      usage: { input_tokens: 3, output_tokens: 9 },
    },
  });
const text = (value: string) => ({ type: "text", text: value });

/** What is read of this transcript, with this permission to read text. */
async function read(lines: string[], wanted: TextWanted | undefined) {
  writeFileSync(path.join(home, "projects/p/a.jsonl"), lines.join(""));
  const host = new FakeHost({ once: true });
  const receiver = receiverOf(home, Object.assign(host, { text: () => wanted }), {
    config: { start_at: "beginning" },
  });
  await receiver.start();
  await host.done;
  await receiver.shutdown(new AbortController().signal);
  return [...host.store.records.values()].map(({ eventName, body }) => [eventName.split(".").at(-1), body]);
}

const ALL: TextWanted = { completions: true, sinceMs: 0 };
const dialogue = () => [
  user("Fix the rounding"),
  assistant([{ type: "thinking", thinking: "SECRET thoughts" }]),
  assistant([text("It rounds half up.")]),
  assistant([{ type: "tool_use", id: "t1", name: "Bash", input: { command: "cat SECRET" } }]),
  assistant([text("Fixed.")], "end_turn"),
  line({
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: "t1", content: "SECRET" }] },
  }),
];

it.each<{ name: string; wanted: TextWanted | undefined; prompt?: string; answer?: string }>([
  { name: "nothing is permitted", wanted: undefined },
  { name: "prompts are", wanted: { completions: false, sinceMs: 0 }, prompt: "Fix the rounding" },
  { name: "both are", wanted: ALL, prompt: "Fix the rounding", answer: "It rounds half up.\n\nFixed." },
  { name: "they are older than the permission", wanted: { completions: true, sinceMs: AT_MS + 1 } },
])("reads of texts what is permitted: $name", async ({ wanted, prompt, answer }) => {
  const records = await read(dialogue(), wanted);
  expect(records).toContainEqual(["prompt", prompt]);
  expect(records.filter(([kind]) => kind === "completion")).toEqual(
    answer === undefined ? [] : [["completion", answer]],
  );
  expect(JSON.stringify(records)).not.toContain("SECRET");
});

it.each([
  {
    name: "text blocks",
    content: [text("one"), { type: "image", source: "x" }, text("two")],
    body: "one\n\ntwo",
  },
  {
    name: "blocks that the tool puts before",
    content:
      "<system-reminder>SECRET\nmemory</system-reminder>\n\n<ide_selection>SECRET</ide_selection>Go on",
    body: "Go on",
  },
  { name: "line breaks and other scripts", content: "Zeile\nzwei 🙂 日本", body: "Zeile\nzwei 🙂 日本" },
])("takes of a prompt what the person wrote: $name", async ({ content, body }) => {
  expect(await read([user(content)], ALL)).toEqual([["prompt", body]]);
});

it("reads a prompt that was typed while the tool worked", async () => {
  const queued = { type: "queued_command", prompt: "and the tests", origin: { kind: "human" } };
  expect(await read([line({ type: "attachment", attachment: queued })], ALL)).toEqual([
    ["prompt", "and the tests"],
  ]);
});

it("joins an answer that is written again and again as it grows", async () => {
  const lines = [assistant([text("It ro")]), assistant([text("It rounds.")], "end_turn")];
  const records = await read([user("Go"), ...lines], ALL);
  expect(records).toContainEqual(["completion", "It rounds."]);
});
