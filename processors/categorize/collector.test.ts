import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Factory,
  type ReceiverHost,
} from "#component/component.ts";
import type { SourceRecord, Value } from "#component/record.ts";
import { emptyUnit } from "#component/unit.ts";
import { parseConfigText } from "#config/load.ts";
import { type Mode, NO_OPT_INS } from "#proto/egress.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";
import { record } from "#state/testing.ts";
import { FakeOllama } from "#testkit/fake-ollama.ts";
import { type TestSettings, testSettings } from "#testkit/fakes.ts";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { planService } from "../../collector/service/plan.ts";
import { Service } from "../../collector/service/service.ts";
import { systemClock } from "../../collector/service/system.ts";
import { attributeOf, recordsOf, TEAM_KEY } from "../../collector/service/testing.ts";
import { categorizeFactory } from "./factory.ts";

const CANARY = "CANARY7f3a";
const REQUEST_EVENT = "gen_ai.client.inference.operation.details";
const REQUEST: [string, Value][] = [
  ["gen_ai.operation.name", "chat"],
  ["gen_ai.provider.name", "anthropic"],
  ["gen_ai.response.model", "claude-opus-4-5"],
  ["talos.source", "claude_code"],
  ["talos.source.via", "transcript"],
  ["talos.request.origin", "main"],
  ["talos.usage.provenance", "measured"],
];

let host: ReceiverHost;
let got: LogsRequest[];
let dir: string;
let service: Service;
let settings: TestSettings;
let ollama: FakeOllama;
let backend: HttpFaultServer;

const about = { stability: "alpha", summary: "For tests.", config: z.strictObject({}) } as const;
const idle = { start: async () => {}, shutdown: async () => {} };
const factories: Factory[] = [
  categorizeFactory,
  defineReceiver({
    ...about,
    type: "src",
    create(_, _config, given) {
      host = given;
      return idle;
    },
  }),
  defineProcessor({
    ...about,
    type: "mode",
    teamKey: () => TEAM_KEY,
    mode: () => "full",
    create: () => ({ ...idle, process: (records) => records }),
  }),
  defineExporter({
    ...about,
    type: "sink",
    delivery: () => ({ destination: "talos", corrections: true, grouping: "request", timing: "immediate" }),
    create: () => ({
      ...idle,
      async send(request) {
        got.push(request);
        return { kind: "delivered", rejected: 0 };
      },
    }),
  }),
];

async function open(mode: Mode, categorize: string): Promise<void> {
  const text = `
receivers: { src: {} }
processors: { mode: {}, categorize: ${categorize} }
exporters: { sink: {} }
service:
  state_dir: "${dir}"
  outbox: { key_source: file }
  pipelines: { logs: { receivers: [src], processors: [mode, categorize], exporters: [sink] } }
`;
  const home = { ...settings.platform, homeDir: dir };
  service = await Service.open({
    plan: planService(parseConfigText(text, path.join(dir, "config.yaml"), home), factories, home),
    version: "1.0.0",
    clock: systemClock,
    log: settings.log,
    platform: home,
    once: false,
    modes: { now: () => ({ mode, setBy: "consent", sinceMs: 0, isFresh: true }), optIns: NO_OPT_INS },
  });
  await service.start();
}

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "categorize-"));
  settings = testSettings();
  got = [];
  ollama = await FakeOllama.start();
  backend = await HttpFaultServer.start();
});
afterEach(async () => {
  await service.stop(AbortSignal.timeout(2_000));
  await ollama.close();
  await backend.close();
  rmSync(dir, { recursive: true });
});

const local = (more = "") =>
  `{ provider: ollama, endpoint: "${ollama.url}", pause_on_battery: false${more} }`;

async function emit(...names: string[]): Promise<void> {
  const records = names.flatMap((name): SourceRecord[] => [
    record(`${name}-prompt`, {
      eventName: "talos.prompt",
      timeMs: Date.now() + 1_000,
      body: `Fix the ${CANARY} page ${name}.`,
      attributes: new Map<string, Value>([["talos.source", "claude_code"]]),
    }),
    record(name, { attributes: new Map(REQUEST) }),
  ]);
  await host.submit({ ...emptyUnit({ name: "talos.receiver.claude_code", version: "1" }), records });
}

function sent(event: string): LogRecord[] {
  return got.flatMap(recordsOf).filter(({ eventName }) => eventName === event);
}

const methods = () => sent("talos.prompt").map((each) => attributeOf(each, "talos.category.method"));

async function until(look: () => unknown): Promise<void> {
  await expect.poll(look, { timeout: 15_000 }).toBe(true);
}

/** Everything that was sent, said or stored. */
function everything(): string {
  const stored = globSync("**/*", { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"));
  const text = JSON.stringify(got, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return [text, settings.said(), ...stored].join("\n");
}

it("an Ollama that stalls, ends and comes back loses nothing and delays no count", async () => {
  const { port } = ollama;
  await open("categorize_local", local(", timeout: 1s"));
  await emit("a");
  await until(() => sent("talos.prompt").length === 1);
  ollama.next("never_answers");
  await emit("b", "c");
  // The counts are there while the model still thinks.
  await until(() => sent(REQUEST_EVENT).length === 3);
  await ollama.close();
  await emit("d");
  await until(() => sent("talos.prompt").length === 4);
  expect(methods()).toEqual(["ollama", "rules", "rules", "rules"]);
  await service.stop(AbortSignal.timeout(2_000));
  ollama = await FakeOllama.start(port);
  await open("categorize_local", local());
  await emit("e");
  await until(() => sent("talos.prompt").length === 5);
  expect(methods().at(-1)).toBe("ollama");
  expect(sent(REQUEST_EVENT)).toHaveLength(5);
  expect(service.store.balance().balanced).toBe(true);
  expect(everything()).not.toContain(CANARY);
});

it("a mode that became stricter keeps every prompt from the backend", async () => {
  await open("categorize_local", `{ provider: cloud, endpoint: "${backend.url}", token: a-token }`);
  await emit("a", "b");
  await until(() => sent("talos.prompt").length === 2);
  expect(methods()).toEqual(["rules", "rules"]);
  expect(backend.received).toEqual([]);
  expect(everything()).not.toContain(CANARY);
});

it("a backend that is not there now gets the prompt later, and nobody else ever has it", async () => {
  await open("categorize_cloud", `{ provider: cloud, endpoint: "${backend.url}", token: a-token }`);
  backend.next({ kind: "answer", status: 503, headers: { "retry-after": "0" } });
  backend.next({
    kind: "answer",
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      category: "bugfix",
      task_hint: "Repair a page",
      project_hint: "",
      confidence: 0.8,
    }),
  });
  await emit("a");
  await until(() => sent(REQUEST_EVENT).length === 1 && backend.received.length === 1);
  expect(sent("talos.prompt")).toEqual([]);
  expect(everything()).not.toContain(CANARY);
  await until(() => sent("talos.prompt").length === 1);
  expect(methods()).toEqual(["haiku"]);
  expect(attributeOf(sent("talos.prompt")[0] as LogRecord, "talos.task_hint")).toBe("Repair a page");
  expect(backend.received).toHaveLength(2);
  expect(everything()).not.toContain(CANARY);
});
