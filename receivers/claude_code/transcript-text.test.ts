import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TextWanted } from "#component/component.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { receiverOf } from "./testkit.ts";
import { promptText } from "./transcript-text.ts";

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

const reminder = "<system-reminder>SECRET\nmemory</system-reminder>";
const typed = { promptSource: "typed" };
const older = { promptSource: undefined };

/** Every way in which a line may look like a prompt, of versions that say who wrote it and of those that do not. */
it.each<{ name: string; content: unknown; over?: object; prompts: (string | undefined)[] }>([
  { name: "typed", content: "Fix it", over: typed, prompts: ["Fix it"] },
  { name: "queued", content: "Fix it", over: { promptSource: "queued" }, prompts: ["Fix it"] },
  {
    name: "of a person, as its origin says",
    content: "Fix it",
    over: { ...older, origin: { kind: "human" } },
    prompts: ["Fix it"],
  },
  { name: "of an older version", content: "Fix it", over: older, prompts: ["Fix it"] },
  { name: "of a program (`claude -p`)", content: "SECRET", over: { promptSource: "sdk" }, prompts: [] },
  { name: "of the system", content: "SECRET", over: { promptSource: "system" }, prompts: [] },
  {
    name: "of another agent, as its origin says",
    content: "SECRET",
    over: { ...older, origin: { kind: "agent" } },
    prompts: [],
  },
  { name: "in a sub-agent's file", content: "SECRET", over: { isSidechain: true }, prompts: [] },
  { name: "meta", content: "SECRET", over: { isMeta: true }, prompts: [] },
  { name: "a compaction's summary", content: "SECRET", over: { isCompactSummary: true }, prompts: [] },
  {
    name: "shown in the transcript alone",
    content: "SECRET",
    over: { isVisibleInTranscriptOnly: true },
    prompts: [],
  },
  { name: "a turn's companion", content: "SECRET", over: { turnCompanion: true }, prompts: [] },
  {
    name: "a tool's result",
    content: [{ type: "tool_result", tool_use_id: "t", content: "SECRET" }],
    prompts: [],
  },
  {
    name: "a tool's result beside it",
    content: "SECRET",
    over: { toolUseResult: { stdout: "SECRET" } },
    prompts: [],
  },
  {
    name: "a command of the tool",
    content: "<command-name>/x</command-name>\n<command-args>SECRET</command-args>",
    over: typed,
    prompts: [undefined],
  },
  {
    name: "the same of an older version",
    content: "<command-message>x</command-message><command-args>SECRET</command-args>",
    over: older,
    prompts: [],
  },
  {
    name: "what a local command printed",
    content: "<local-command-stdout>SECRET</local-command-stdout>",
    over: older,
    prompts: [],
  },
  {
    name: "a caveat",
    content: "Caveat: The messages below were generated by SECRET",
    over: older,
    prompts: [],
  },
  { name: "shell mode", content: "<bash-input>cat SECRET</bash-input>", over: typed, prompts: [undefined] },
  { name: "shell mode's output", content: "<bash-stdout>SECRET</bash-stdout>", over: older, prompts: [] },
  {
    name: "a task's notification",
    content: "<task-notification>SECRET</task-notification>",
    over: older,
    prompts: [],
  },
  {
    name: "another agent's message",
    content: '<agent-message from="x">SECRET</agent-message>',
    over: older,
    prompts: [],
  },
  {
    name: "a teammate's message",
    content: '<teammate-message id="x">SECRET</teammate-message>',
    over: older,
    prompts: [],
  },
  {
    name: "an interruption",
    content: [text("[Request interrupted by user for tool use]")],
    over: older,
    prompts: [],
  },
  {
    name: "a session's continuation",
    content: "This session is being continued from a previous conversation SECRET",
    over: older,
    prompts: [],
  },
  { name: "a hook's feedback", content: "Stop hook feedback: SECRET", over: older, prompts: [] },
  { name: "a skill's text", content: "Base directory for this skill: /SECRET", over: older, prompts: [] },
  {
    name: "reminders before, within and after",
    content: `${reminder}\nFix${reminder} it\n${reminder}`,
    prompts: ["Fix it"],
  },
  { name: "a reminder without an end", content: "Fix it <system-reminder>SECRET", prompts: ["Fix it"] },
  {
    name: "reminders in blocks of their own",
    content: [text("Fix it"), text(reminder), text("[Image: /SECRET.png]")],
    prompts: ["Fix it"],
  },
  {
    name: "an image and a text",
    content: [{ type: "image", source: { data: "SECRET" } }, text("Like this")],
    prompts: ["Like this"],
  },
  { name: "an image alone", content: [{ type: "image", source: { data: "SECRET" } }], prompts: [undefined] },
  {
    name: "what is open in an editor",
    content: "<ide_opened_file>SECRET</ide_opened_file>Fix it",
    over: older,
    prompts: ["Fix it"],
  },
])("a line that is $name gives $prompts", async ({ content, over = {}, prompts }) => {
  const records = await read([user(content, over)], ALL);
  expect(records).toEqual(prompts.map((body) => ["prompt", body]));
});

it.each<{ name: string; attachment: object; prompts: (string | undefined)[] }>([
  { name: "without an origin", attachment: { prompt: "and the tests" }, prompts: ["and the tests"] },
  {
    name: "with a reminder",
    attachment: { prompt: [text(`${reminder}and the tests`)] },
    prompts: ["and the tests"],
  },
  { name: "of a task", attachment: { prompt: "<task-notification>SECRET" }, prompts: [] },
  { name: "of another agent", attachment: { prompt: "SECRET", origin: { kind: "agent" } }, prompts: [] },
])(
  "a prompt that was queued while the tool worked, $name, gives $prompts",
  async ({ attachment, prompts }) => {
    const queued = line({ type: "attachment", attachment: { type: "queued_command", ...attachment } });
    expect(await read([queued], ALL)).toEqual(prompts.map((body) => ["prompt", body]));
  },
);

it("says nothing of what a sub-agent answers, and of an answer that is not complete", async () => {
  const answers = [
    assistant([text("SECRET begun")]),
    `${JSON.stringify({ ...(JSON.parse(assistant([text("SECRET")], "end_turn", "msg_2")) as object), isSidechain: true, agentId: "a" })}\n`,
  ];
  const records = await read([user("Go"), ...answers], ALL);
  expect(records.filter(([kind]) => kind === "completion")).toEqual([]);
  expect(records).toContainEqual(["prompt", "Go"]);
});

it("a fork that copies a session gives each text once", async () => {
  const lines = dialogue();
  writeFileSync(path.join(home, "projects/p/b.jsonl"), lines.join(""));
  const records = await read(lines, ALL);
  expect(records.filter(([, body]) => body === "Fix the rounding")).toHaveLength(1);
  expect(records.filter(([kind]) => kind === "completion")).toHaveLength(1);
});

it("reads no text from a file that took the place of the one that was read", () => {
  const file = path.join(home, "projects/p/c.jsonl");
  const [first, second] = [user("Fix the rounding"), user("Fix the SECRETS!")] as const;
  writeFileSync(file, second);
  const { uuid } = JSON.parse(first) as { uuid: string };
  expect(promptText(file, { from: 0, to: second.length }, `prompt:${uuid}`)).toBeUndefined();
  expect(promptText(path.join(home, "gone"), { from: 0, to: 10 }, "")).toBeUndefined();
});
