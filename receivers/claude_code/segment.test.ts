import { expect, it } from "vitest";
import { scanBuffer } from "#tail/scan-buffer.ts";
import { ExtractReader, ExtractWriter, RowKind } from "./extract.ts";
import type { Piece } from "./piece.ts";
import { Segment } from "./segment.ts";

type Json = Record<string, unknown>;

const base = { sessionId: "s1", cwd: "C:\\Users\\ana\\é", version: "2.1.300" };
function answer(id: string, own: Json = {}, usage: Json = {}): Json {
  const message = {
    id,
    model: "claude-opus-5",
    stop_reason: "end_turn",
    content: [],
    usage: { input_tokens: 1, output_tokens: 10, ...usage },
    ...(own["message"] as Json),
  };
  return {
    parentUuid: null,
    ...base,
    type: "assistant",
    timestamp: "2026-11-01T10:00:00.000Z",
    ...own,
    message,
  };
}

/** What the lines of one file say. */
function read(lines: (string | Buffer | Json)[]) {
  const writer = new ExtractWriter();
  const segment = new Segment(scanBuffer(8), writer);
  segment.begin({ turn: "", searches: [] });
  let offset = 0;
  for (const line of lines) {
    const bytes = Buffer.isBuffer(line)
      ? line
      : Buffer.from(typeof line === "string" ? line : JSON.stringify(line));
    const buffer = scanBuffer(bytes.length + 9);
    bytes.copy(buffer.bytes, 5);
    buffer.bytes[5 + bytes.length] = 10;
    segment.line(buffer, 5, 5 + bytes.length, offset);
    expect(buffer.bytes[5 + bytes.length]).toBe(10);
    offset += bytes.length + 1;
  }
  const context = segment.finish();
  const count = writer.count;
  const reader = new ExtractReader(writer.take());
  const requests: Piece[] = [];
  const prompts: ReturnType<ExtractReader["prompt"]>[] = [];
  const searches: ReturnType<ExtractReader["search"]>[] = [];
  for (let row = 0; row < count; row += 1) {
    if (reader.kind(row) === RowKind.request) requests.push(reader.request(row));
    else if (reader.kind(row) === RowKind.prompt) prompts.push(reader.prompt(row));
    else searches.push(reader.search(row));
  }
  return { requests, prompts, searches, counts: segment.counts, context, offset };
}
const keys = (pieces: { key: string }[]) => pieces.map((p) => p.key);
const A = JSON.stringify(answer("msg_A"));
const B = JSON.stringify(answer("msg_B"));

it.each([
  ["two records glued", A + B, ["msg_A", "msg_B"], 0],
  ["three records glued", A + B + A.replace("msg_A", "msg_C"), ["msg_A", "msg_B", "msg_C"], 0],
  ["half a record and a whole one", A.slice(0, 90) + B, ["msg_B"], 1],
  ["half a string and a whole record", `${A.slice(0, 70)}abc${B}`, ["msg_B"], 1],
  ["a whole record and half a one", A + B.slice(0, 40), ["msg_A"], 1],
  ["half, whole, whole", A.slice(0, 60) + A + B, ["msg_A", "msg_B"], 1],
  ["half a record", A.slice(0, -5), [], 1],
  ["noise", "not json {{{{", [], 1],
  ["spaces", JSON.stringify(JSON.parse(A), null, 2).replaceAll("\n", " "), ["msg_A"], 0],
  ["escaped keys", A.replace('"usage"', '"us\\u0061ge"').replace('"type"', '"\\u0074ype"'), ["msg_A"], 0],
  ["a carriage return", `${A}\r`, ["msg_A"], 0],
  ["a byte order mark", `\ufeff${A}`, ["msg_A"], 0],
  ["zeros of a crash", `\0\0\0${A}`, ["msg_A"], 0],
  ["another value than an object", "[1,2]", [], 1],
  ["nothing", "  ", [], 0],
])("reads %s", (_what, line, found, malformed) => {
  const { requests, counts } = read([line]);
  expect(keys(requests)).toEqual(found);
  expect(counts.malformed).toBe(malformed);
});

it("tears at every byte lose only the torn record", () => {
  for (let cut = 2; cut < A.length; cut += 1) {
    const { requests, counts } = read([A.slice(0, cut) + B]);
    expect([cut, keys(requests), counts.malformed]).toEqual([cut, ["msg_B"], 1]);
  }
});

it("keeps broken UTF-8 from stopping anything", () => {
  const line = Buffer.concat([
    Buffer.from(A.slice(0, -2)),
    Buffer.from(',"x":"'),
    Buffer.from([0xff, 0xc0, 0x80]),
    Buffer.from('"}}'),
  ]);
  expect(keys(read([line, B]).requests)).toEqual(["msg_A", "msg_B"]);
});

it("keeps the whole usage record with the largest output, and the first time", () => {
  const { requests } = read([
    answer("msg_A", { message: { stop_reason: null } }, { output_tokens: 3, input_tokens: 0 }),
    answer("msg_A", { timestamp: "2026-11-01T10:00:04.000Z" }, { output_tokens: 412, input_tokens: 6 }),
    answer(
      "msg_A",
      { timestamp: "2026-11-01T10:00:05.000Z", message: { stop_reason: null } },
      { output_tokens: 5 },
    ),
  ]);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    output: 412,
    input: 6,
    stop: true,
    followed: false,
    timeMs: Date.UTC(2026, 10, 1, 10, 0, 0),
    lastTimeMs: Date.UTC(2026, 10, 1, 10, 0, 5),
    cwd: base.cwd,
  });
});

it.each([
  ["another request", answer("msg_B")],
  [
    "a tool result",
    { ...base, type: "user", message: { content: [{ type: "tool_result", tool_use_id: "t" }] } },
  ],
  ["the end of a turn", { ...base, type: "system", subtype: "turn_duration" }],
])("is followed by %s", (_what, next) => {
  expect(read([answer("msg_A"), next]).requests[0]?.followed).toBe(true);
});

it("is not followed by metadata", () => {
  expect(read([answer("msg_A"), { type: "last-prompt" }]).requests[0]?.followed).toBe(false);
});

it.each([
  ["msg_1", { requestId: "req_1" }, "msg_1"],
  ["gw", { requestId: "req_1" }, "gw|req_1"],
  ["gw", {}, "gw|s1|2026-11-01T10:00:00.000Z"],
  ["gw", { session_id: "s0" }, "gw|s0|2026-11-01T10:00:00.000Z"],
])("the request %s with %j is known as %s", (id, own, key) => {
  expect(keys(read([answer(id, own)]).requests)).toEqual([key]);
});

it.each([
  ["no time", answer("msg_A", { timestamp: "soon" })],
  ["no id", answer("", { message: { id: null } })],
])("a request with %s is counted as unreadable", (_what, line) => {
  const { requests, counts } = read([line]);
  expect([requests.length, counts.unreadable]).toEqual([0, 1]);
});

it("tolerates null everywhere", () => {
  const nulls = Object.fromEntries(
    [
      "cache_creation_input_tokens",
      "cache_creation",
      "server_tool_use",
      "service_tier",
      "speed",
      "iterations",
      "inference_geo",
    ].map((k) => [k, null]),
  );
  const own = {
    requestId: null,
    agentId: null,
    origin: null,
    promptId: null,
    toolUseResult: null,
    attachment: null,
    data: null,
  };
  expect(read([answer("msg_A", own, nulls)]).requests[0]).toMatchObject({
    output: 10,
    cacheWrite: -1,
    write5m: -1,
    tier: "",
    subagent: false,
  });
});

it("counts unknown types and `<synthetic>` lines", () => {
  const { counts, requests } = read([
    { type: "brand-new" },
    answer("x", { message: { model: "<synthetic>" } }),
    { type: "summary" },
  ]);
  expect(counts).toMatchObject({ unknownTypes: 1, synthetic: 1, lines: 3, malformed: 0 });
  expect(requests).toEqual([]);
});

it("takes the sub-agent's request out of a progress line", () => {
  const { message } = answer("msg_S");
  const nested = { type: "assistant", message, timestamp: "2026-11-01T09:00:00.000Z", requestId: "req_S" };
  const line = {
    ...base,
    type: "progress",
    timestamp: "2026-11-01T10:00:00.000Z",
    data: { type: "agent_progress", message: nested },
  };
  expect(read([line]).requests[0]).toMatchObject({
    key: "msg_S",
    nested: true,
    subagent: true,
    timeMs: Date.UTC(2026, 10, 1, 9),
  });
});

it("knows the turn from the last line that names one", () => {
  const { requests, context } = read([
    { ...base, type: "user", promptId: "p1", message: { content: "x" } },
    answer("msg_A"),
  ]);
  expect([requests[0]?.turn, context.turn]).toEqual(["p1", "p1"]);
});

it("remembers searches until their results come", () => {
  const call = { type: "tool_use", name: "WebSearch", id: "tool 1", input: {} };
  const result = {
    ...base,
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: "tool 1" }] },
    toolUseResult: { searchCount: 3 },
  };
  const open = read([answer("msg_A", { message: { content: [call] } })]);
  expect([open.requests[0]?.searches, open.context.searches]).toEqual(["tool_1", ["tool_1"]]);
  const done = read([answer("msg_A", { message: { content: [call] } }), result, result]);
  expect([done.searches, done.context.searches]).toEqual([[{ toolId: "tool_1", searches: 3 }], []]);
});

const user = (content: unknown, own: Json = {}): Json => ({
  ...base,
  type: "user",
  uuid: "u1",
  timestamp: "2026-11-01T10:00:00.000Z",
  message: { content },
  ...own,
});
const queued = (own: Json, line: Json = {}): Json => ({
  ...user("x"),
  type: "attachment",
  attachment: { type: "queued_command", prompt: "go", ...own },
  ...line,
});

it.each<[string, Json, "prompt" | "program" | "nothing"]>([
  ["typed", user("x", { promptSource: "typed" }), "prompt"],
  ["queued", user("x", { promptSource: "queued" }), "prompt"],
  ["by a person", user("x", { origin: { kind: "human" } }), "prompt"],
  ["by an SDK", user("x", { promptSource: "sdk" }), "program"],
  ["by the system", user("x", { promptSource: "system" }), "program"],
  ["by another agent", user("x", { origin: { kind: "peer" } }), "program"],
  ["old, plain", user("do it"), "prompt"],
  ["old, in blocks", user([{ type: "text", text: "do it" }]), "prompt"],
  ["old, behind a reminder", user("<system-reminder>a</system-reminder>\n\ndo it"), "prompt"],
  [
    "old, beside an opened file",
    user([
      { type: "text", text: "<ide_opened_file>f</ide_opened_file>" },
      { type: "text", text: "do" },
    ]),
    "prompt",
  ],
  ["an image alone", user([{ type: "image", source: {} }]), "prompt"],
  ["a reminder alone", user("<system-reminder>a</system-reminder>"), "nothing"],
  ["a command", user("<command-name>/x</command-name>"), "nothing"],
  ["shell mode", user(" \n<bash-input>ls</bash-input>"), "nothing"],
  ["an interruption", user([{ type: "text", text: "[Request interrupted by user]" }]), "nothing"],
  ["meta", user("x", { isMeta: true }), "nothing"],
  ["a summary", user("x", { isCompactSummary: true, promptSource: "typed" }), "nothing"],
  ["a companion", user("x", { turnCompanion: {}, promptSource: "typed" }), "nothing"],
  ["a sub-agent's task", user("x", { isSidechain: true, promptSource: "typed" }), "nothing"],
  [
    "a tool's result",
    user([{ type: "tool_result", tool_use_id: "t" }], { promptSource: "typed" }),
    "nothing",
  ],
  ["a tool's result of old", user("x", { toolUseResult: "Error" }), "nothing"],
  ["mid-turn", queued({ origin: { kind: "human" } }), "prompt"],
  ["mid-turn, unattributed", queued({}), "prompt"],
  ["mid-turn notice", queued({ prompt: "<task-notification>x" }), "program"],
  ["mid-turn, in blocks", queued({ prompt: [{ type: "text", text: "<agent-message from=x>" }] }), "program"],
  ["mid-turn by a coordinator", queued({ origin: { kind: "coordinator" } }), "program"],
  ["another attachment", queued({ type: "hook_success" }), "nothing"],
])("prompts: %s", (_what, line, is) => {
  const { prompts } = read([line]);
  expect(prompts.map((p) => (p.notHuman ? "program" : "prompt"))).toEqual(is === "nothing" ? [] : [is]);
});

it("marks what a fork repeats", () => {
  const { prompts, requests } = read([
    user("x", { promptSource: "typed", session_id: "s0" }),
    queued({ origin: { kind: "human" }, source_uuid: "q" }, { session_id: "s1" }),
    answer("msg_A", { session_id: "s0" }),
  ]);
  expect(prompts.map((p) => [p.key, p.copied, p.session])).toEqual([
    ["prompt:u1", true, "s0"],
    ["prompt:q", false, "s1"],
  ]);
  expect(requests[0]).toMatchObject({ copied: true, session: "s0" });
});

it("tolerates keys that need their escapes", () => {
  const line = {
    ...base,
    type: "user",
    toolUseResult: { "C:\\x\\u": 1, searchCount: 2 },
    'a\\"b': {},
    message: {},
  };
  expect(read([line, B]).counts).toMatchObject({ malformed: 0, closers: 2 });
});
