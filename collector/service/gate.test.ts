import { expect, it } from "vitest";
import type { SourceRecord, Value } from "#component/record.ts";
import { checkRecord } from "#proto/egress.ts";
import type { LogRecord } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { RecordWriter, requestBytes } from "#proto/record-writer.ts";
import { record } from "#state/testing.ts";
import { Gate } from "./gate.ts";
import { DestinationIds } from "./ids.ts";
import { attributeOf, recordsOf, TEAM_KEY } from "./testing.ts";

const blocked: string[] = [];
const gate = new Gate(new DestinationIds(TEAM_KEY, "talos"), "off", (name) => blocked.push(name));

/** What left for a record, read back from its bytes. */
function passed(given: SourceRecord): LogRecord | undefined {
  const writer = new RecordWriter();
  const left = gate.pass(given, writer);
  const scope = { name: "talos.receiver.claude_code", version: "1", attributes: [] };
  const records = recordsOf(protobufCodec.decodeRequest(requestBytes([], scope, writer.take())));
  expect(records).toHaveLength(left ? 1 : 0);
  return records[0];
}

const usage: [string, Value][] = [
  ["gen_ai.operation.name", "chat"],
  ["gen_ai.provider.name", "anthropic"],
  ["gen_ai.response.model", "claude-sonnet-4-6"],
  ["gen_ai.usage.input_tokens", 100],
  ["gen_ai.usage.output_tokens", 10],
  ["talos.usage.provenance", "measured"],
  ["talos.request.origin", "main"],
  ["talos.source", "claude_code"],
  ["talos.source.version", "2.1.330"],
  ["talos.source.via", "transcript"],
  ["talos.cwd.hash", "a".repeat(64)],
];

function request(over: Partial<SourceRecord> = {}, extra: [string, Value][] = []): SourceRecord {
  const local = { request: "msg_1", session: "session-1", turn: "turn-1" };
  return record("msg_1", {
    local,
    timeMs: 1_790_000_000_999,
    attributes: new Map([...usage, ...extra]),
    ...over,
  });
}

it("lets a request pass that keeps the contract, with keyed ids and whole seconds", () => {
  const left = passed(request());
  expect(left && checkRecord(left, "off")).toEqual([]);
  expect(left?.timeUnixNano).toBe(1_790_000_000_000_000_000n);
  expect(left && attributeOf(left, "log.record.uid")).toMatch(/^[0-9a-f]{32}$/);
});

it("gives the same request the same id on any read, and another at another destination", () => {
  const uid = (destination: string) =>
    new DestinationIds(TEAM_KEY, destination).record("claude_code", "msg_1");
  expect(uid("talos")).toBe(uid("talos"));
  expect(uid("talos")).not.toBe(uid("otlp_http/grafana"));
  expect(new DestinationIds(TEAM_KEY, "talos").conversation("x")).not.toBe(
    new DestinationIds(TEAM_KEY, "talos").turn("x"),
  );
});

it.each<{ name: string; extra: [string, Value][]; counts: string }>([
  { name: "an attribute that is not in the contract", extra: [["prompt", "CANARY"]], counts: "other" },
  {
    name: "a model that is free text",
    extra: [["gen_ai.response.model", "CANARY model"]],
    counts: "gen_ai.response.model",
  },
  {
    name: "a version that is a path",
    extra: [["talos.source.version", "/home/CANARY"]],
    counts: "talos.source.version",
  },
  {
    name: "an opt-in that nobody took",
    extra: [["talos.activity.lines_added", 12]],
    counts: "talos.activity.lines_added",
  },
  {
    name: "a raw folder under the hash's name",
    extra: [["talos.cwd.hash", "/home/CANARY"]],
    counts: "talos.cwd.hash",
  },
])("holds back $name, counts it by name and never by value", ({ extra, counts }) => {
  blocked.length = 0;
  const left = passed(request({}, extra));
  expect(blocked).toContain(counts);
  const shown = JSON.stringify([left, blocked], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  expect(shown).not.toContain("CANARY");
});

it("never lets a local id, a folder or a body pass", () => {
  const local = { request: "CANARY-request", session: "CANARY-session", turn: "CANARY-turn" };
  const left = passed(request({ local, cwd: "/home/CANARY", body: "CANARY prompt" }));
  expect(left?.body).toBeUndefined();
  expect(JSON.stringify(left?.attributes)).not.toContain("CANARY");
});

it("hashes a repository's address where it is given, in full and under a key of its own", () => {
  const origin = "github.com/acme/CANARY";
  const local = { request: "msg_1", origin };
  const left = passed(request({ local }));
  const hash = String(left && attributeOf(left, "talos.project.hash"));
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hash).toBe(new DestinationIds(TEAM_KEY, "talos").project(origin));
  expect(hash).not.toBe(new DestinationIds(TEAM_KEY, "otlp_http/grafana").project(origin));
  expect(hash.slice(0, 32)).not.toBe(new DestinationIds(TEAM_KEY, "talos").conversation(origin));
  expect(left && checkRecord(left, "off", new Set(["project_identity"]))).toEqual([]);
  expect(JSON.stringify(left?.attributes)).not.toContain("CANARY");
});

it("refuses a record that lacks what the contract requires", () => {
  expect(passed(request({ attributes: new Map() }))).toBeUndefined();
});

it("refuses a record that the mode does not have", () => {
  expect(passed(request({ eventName: "talos.completion", body: "CANARY" }))).toBeUndefined();
});

it("takes ids from local ids alone, whatever the record holds under their names", () => {
  const forged: [string, Value][] = [
    "log.record.uid",
    "gen_ai.conversation.id",
    "talos.turn.id",
    "talos.project.hash",
  ].map((name) => [name, "f".repeat(name === "talos.project.hash" ? 64 : 32)]);
  const left = passed(request({ local: { request: "msg_1" } }, forged));
  expect(JSON.stringify(left?.attributes)).not.toContain("ffff");
});

it("writes the same again when values repeat, and nothing of a refused record in between", () => {
  const writer = new RecordWriter();
  const refused = request({ attributes: new Map([["talos.source", "claude_code"]]) });
  const results = [request(), refused, request()].map((one) => gate.pass(one, writer));
  expect(results).toEqual([true, false, true]);
  const scope = { name: "s", version: "1", attributes: [] };
  const [first, second] = recordsOf(protobufCodec.decodeRequest(requestBytes([], scope, writer.take())));
  expect(second).toEqual(first);
  expect(first).toEqual(passed(request()));
});

it("counts nothing where an attribute has a rule for each mode, and still what is not named", () => {
  const counted: string[] = [];
  const local = new Gate(new DestinationIds(TEAM_KEY, "talos"), "categorize_local", (name) =>
    counted.push(name),
  );
  const categorized = (method: string) =>
    record("prompt-1", {
      eventName: "talos.prompt",
      attributes: new Map<string, Value>([
        ["talos.source", "claude_code"],
        ["talos.category", "bugfix"],
        ["talos.category.method", method],
        ["git.branch", "main"],
      ]),
    });
  expect(local.pass(categorized("ollama"), new RecordWriter())).toBe(true);
  expect(counted).toEqual(["other"]);
  expect(local.pass(categorized("haiku"), new RecordWriter())).toBe(true);
  expect(counted).toEqual(["other", "talos.category.method", "other"]);
});
