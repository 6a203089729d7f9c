import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import { expect, it } from "vitest";
import { scanBuffer } from "#tail/scan-buffer.ts";
import { Count, Field } from "./line-keys.ts";
import { Line } from "./line.ts";
import { decode } from "./text.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- any line of JSON
type Json = Record<string, any>;

const text = (line: Line, field: number) =>
  line.has(field) ? decode(line.buffer, line.start(field), line.stop(field)) : undefined;
const string = (value: unknown) => (typeof value === "string" ? value : undefined);

/** What the line says, by JSON.parse. */
function expected(o: Json) {
  const m = (o["message"] ?? o["data"]?.message?.message) as Json | undefined;
  const u = m?.["usage"] as Json | undefined;
  const blocks: Json[] = Array.isArray(m?.["content"]) ? m["content"] : [];
  return {
    timestamp: string(o["timestamp"]),
    uuid: string(o["uuid"]),
    session: string(o["sessionId"]),
    cwd: string(o["cwd"]),
    request: string(o["requestId"]),
    promptId: string(o["promptId"]),
    source: string(o["promptSource"]),
    origin: string(o["origin"]?.kind ?? o["attachment"]?.origin?.kind),
    id: string(m?.["id"]),
    model: string(m?.["model"]),
    stop: string(m?.["stop_reason"]),
    speed: string(u?.["speed"]),
    input: u?.["input_tokens"] ?? -1,
    output: u?.["output_tokens"] ?? -1,
    read: u?.["cache_read_input_tokens"] ?? -1,
    write1h: u?.["cache_creation"]?.ephemeral_1h_input_tokens ?? -1,
    searches: blocks.filter((b) => b["name"] === "WebSearch").map((b) => b["id"]),
    results: blocks.filter((b) => b["type"] === "tool_result").map((b) => b["tool_use_id"]),
    searchCount: o["toolUseResult"]?.searchCount ?? -1,
    sidechain: o["isSidechain"] === true,
  };
}

function actual(line: Line): ReturnType<typeof expected> {
  const ids = (at: number[]) =>
    at.flatMap((start, i) => (i % 2 === 0 ? [decode(line.buffer, start, at[i + 1] ?? 0)] : []));
  return {
    timestamp: text(line, Field.timestamp),
    uuid: text(line, Field.uuid),
    session: text(line, Field.sessionId),
    cwd: text(line, Field.cwd),
    request: text(line, Field.requestId),
    promptId: text(line, Field.promptId),
    source: text(line, Field.promptSource),
    origin: text(line, Field.originKind),
    id: text(line, Field.messageId),
    model: text(line, Field.model),
    stop: text(line, Field.stopReason),
    speed: text(line, Field.speed),
    input: line.count(Count.input),
    output: line.count(Count.output),
    read: line.count(Count.cacheRead),
    write1h: line.count(Count.write1h),
    searches: ids(line.searchCalls),
    results: ids(line.toolResults),
    searchCount: line.searchCount,
    sidechain: line.isSidechain,
  };
}

it("reads of every line what JSON.parse reads", () => {
  const home = mkdtempSync(path.join(tmpdir(), "line-"));
  writeClaudeHome(home, { bytes: 3_000_000, seed: 21 });
  const got: unknown[] = [];
  const want: unknown[] = [];
  for (const file of readdirSync(`${home}/projects`, { recursive: true }) as string[]) {
    if (!file.endsWith(".jsonl")) continue;
    const bytes = readFileSync(path.join(home, "projects", file));
    const buffer = scanBuffer(bytes.length + 1);
    bytes.copy(buffer.bytes);
    const line = new Line(buffer);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const object = parse(bytes.toString("utf8", start, end));
      if (object !== undefined && bytes[start + 1] !== 32) {
        buffer.bytes[end] = 34;
        got.push(line.read(buffer, start, end) === end && actual(line));
        want.push(expected(object));
      }
      start = end + 1;
    }
  }
  rmSync(home, { recursive: true });
  expect(want.length).toBeGreaterThan(500);
  expect(got).toEqual(want);
});

function parse(line: string): Json | undefined {
  try {
    return line.startsWith("{") ? (JSON.parse(line) as Json) : undefined;
  } catch {
    return undefined;
  }
}
