import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import {
  type Component,
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Exporter,
  type Factory,
  type Processor,
  type ReceiverHost,
  type SendResult,
} from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { emptyUnit } from "#component/unit.ts";
import { parseConfigText } from "#config/load.ts";
import { secret } from "#config/secret.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { record } from "#state/testing.ts";
import { testSettings } from "#testkit/fakes.ts";
import { planService } from "./plan.ts";
import { Service } from "./service.ts";
import { systemClock } from "./system.ts";
import { attributeOf, recordsOf, TEAM_KEY } from "./testing.ts";

/** What the contract requires of a record. */
const ATTRIBUTES: [string, string | number][] = [
  ["gen_ai.operation.name", "chat"],
  ["gen_ai.provider.name", "anthropic"],
  ["gen_ai.response.model", "claude-opus-4-5"],
  ["talos.source", "claude_code"],
  ["talos.source.via", "transcript"],
  ["talos.request.origin", "main"],
  ["talos.usage.provenance", "measured"],
];

/** What must not happen. */
const strays: string[] = [];

/** Every instance that was ever made, in order. */
const made: Fake[] = [];

abstract class Fake implements Component {
  readonly id: string;
  readonly value: number;
  state: "made" | "started" | "stopped" = "made";

  constructor(id: string, value: number) {
    this.id = id;
    this.value = value;
    made.push(this);
  }

  async start(): Promise<void> {
    await Promise.resolve();
    if (this.value === 666) throw new Error(`exporters.${this.id}: refuses to start`);
    this.state = "started";
  }

  async shutdown(): Promise<void> {
    this.state = "stopped";
  }
}

class FakeReceiver extends Fake {
  readonly host: ReceiverHost;
  #next = 0;

  constructor(id: string, value: number, host: ReceiverHost) {
    super(id, value);
    this.host = host;
  }

  async emit(count: number): Promise<void> {
    const records: SourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      const attributes = new Map(ATTRIBUTES);
      records.push(record(`${made.indexOf(this)}-${this.#next++}`, { attributes }));
    }
    await this.host.submit({ ...emptyUnit({ name: "talos.receiver.claude_code", version: "1" }), records });
  }
}

class FakeProcessor extends Fake implements Processor {
  process(records: SourceRecord[]): SourceRecord[] {
    for (const { attributes } of records) attributes.set("talos.source", "claude_code");
    return records;
  }
}

/** What each exporter's id got, whatever the instance. */
const got = new Map<string, string[]>();

class FakeExporter extends Fake implements Exporter {
  async send(request: LogsRequest): Promise<SendResult> {
    await new Promise((resolve) => setTimeout(resolve, this.value % 10));
    if (this.state !== "started") strays.push(`${this.id} was asked to send while ${this.state}`);
    const uids = recordsOf(request).map((each) => String(attributeOf(each, "log.record.uid")));
    got.set(this.id, [...(got.get(this.id) ?? []), ...uids]);
    return { kind: "delivered", rejected: 0 };
  }
}

const config = z.strictObject({ value: z.number().default(0), token: secret().optional() });
const about = { stability: "alpha", summary: "For tests.", config } as const;
const factories: Factory[] = [
  defineReceiver({
    ...about,
    type: "src",
    create: ({ id }, { value }, host) => new FakeReceiver(id, value, host),
  }),
  defineProcessor({
    ...about,
    type: "step",
    create: ({ id }, { value }) => new FakeProcessor(id, value),
    teamKey: () => TEAM_KEY,
  }),
  defineExporter({
    ...about,
    type: "out",
    create: ({ id }, { value }) => new FakeExporter(id, value),
    delivery: () => ({ destination: "talos", corrections: true, grouping: "request", timing: "immediate" }),
  }),
];

interface Wanted {
  src?: number;
  step?: number;
  outs?: Record<string, number>;
  service?: string;
  token?: string;
}

let dir: string;
let service: Service;
let said: ReturnType<typeof testSettings>;

function planOf({ src = 0, step = 0, outs = { a: 0, b: 0 }, service: more = "", token }: Wanted) {
  const home = { os: "linux", homeDir: dir, env: {} } as const;
  const secretOf = token === undefined ? "" : `, token: ${token}`;
  const exporters = Object.entries(outs).map(
    ([name, value]) => `  out/${name}: { value: ${value}${secretOf} }`,
  );
  const text = `
receivers:
  src: { value: ${src} }
processors:
  step: { value: ${step} }
exporters:
${exporters.join("\n")}
service:
  state_dir: state
  outbox: { key_source: file }
  pipelines:
    logs:
      receivers: [src]
      processors: [step]
      exporters: [${Object.keys(outs)
        .map((name) => `out/${name}`)
        .join(", ")}]
${more}`;
  return planService(parseConfigText(text, path.join(dir, "config.yaml"), home), factories, home);
}

async function begin(wanted: Wanted = {}): Promise<void> {
  said = testSettings();
  service = await Service.open({
    plan: planOf(wanted),
    version: "1.0.0",
    clock: systemClock,
    log: said.log,
    platform: said.platform,
    once: false,
  });
  await service.start();
}

const reload = async (wanted: Wanted) => service.reload(planOf(wanted));
const running = (id: string) => made.filter((each) => each.id === id && each.state === "started");
const receiver = () => running("src").at(-1) as FakeReceiver;
/** Resolves when nothing is queued for an exporter that is configured. */
async function settled(): Promise<void> {
  const waiting = () =>
    service.store.balance().destinations.filter((each) => each.configured && each.queued > 0);
  await expect.poll(waiting, { timeout: 15_000 }).toEqual([]);
}

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-reload-"));
  made.length = 0;
  strays.length = 0;
  got.clear();
});
afterEach(async () => {
  await service.stop(AbortSignal.abort());
  rmSync(dir, { recursive: true, force: true });
  const left = made.filter(({ state }) => state === "started").map(({ id }) => `${id} still runs`);
  if (left.length + strays.length > 0) throw new Error([...left, ...strays].join("\n"));
});

it("leaves every instance alone when nothing changed", async () => {
  await begin({ token: "CANARY-TOKEN" });
  const before = [...made];
  expect(await reload({ token: "CANARY-TOKEN" })).toMatchObject({ started: 0, stopped: 0, needsRestart: [] });
  expect(made).toEqual(before);
});

it.each<{ name: string; to: Wanted; restarted: string[] }>([
  { name: "an exporter's settings", to: { outs: { a: 1, b: 0 } }, restarted: ["out/a"] },
  { name: "a receiver's settings", to: { src: 1 }, restarted: ["src"] },
  { name: "a processor's settings", to: { step: 1 }, restarted: ["step"] },
  { name: "a secret alone", to: { token: "CANARY-TOKEN" }, restarted: ["out/a", "out/b"] },
  { name: "the order of exporters", to: { outs: { b: 0, a: 0 } }, restarted: [] },
  { name: "batch settings", to: { service: "  batch: { timeout: 1s }" }, restarted: [] },
])("restarts after a change of $name no more than that", async ({ to, restarted }) => {
  await begin();
  const before = [...made];
  const done = await reload(to);
  expect(done).toMatchObject({ started: restarted.length, stopped: restarted.length });
  expect(
    made
      .slice(before.length)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(restarted.toSorted());
  for (const each of before)
    expect([each.id, each.state]).toEqual([each.id, restarted.includes(each.id) ? "stopped" : "started"]);
  await receiver().emit(3);
  await settled();
  expect([got.get("out/a")?.length, got.get("out/b")?.length]).toEqual([3, 3]);
});

it("starts what is added and stops what is removed, and the books balance for each", async () => {
  await begin();
  await receiver().emit(2);
  await reload({ outs: { a: 0, c: 0 } });
  await receiver().emit(3);
  await settled();
  expect(service.store.balance()).toMatchObject({ balanced: true, accepted: 5 });
  await reload({ outs: { a: 0, b: 0, c: 0 } });
  await receiver().emit(4);
  await settled();
  expect(["a", "b", "c"].map((name) => got.get(`out/${name}`)?.length)).toEqual([9, 6, 7]);
  const { balanced, destinations } = service.store.balance();
  expect(balanced).toBe(true);
  expect(destinations.find(({ exporter }) => exporter === "out/b")?.skipped).toEqual({ not_configured: 3 });
  expect(made.filter(({ id }) => id === "src" || id === "step" || id === "out/a")).toHaveLength(3);
});

it("puts everything back when a component refuses to start", async () => {
  await begin();
  const [source, processor] = [receiver(), running("step")[0]];
  await expect(reload({ outs: { a: 1, b: 666 }, step: 3 })).rejects.toThrow("refuses to start");
  expect([running("src"), running("step")]).toEqual([[source], [processor]]);
  expect(["out/a", "out/b"].map((id) => running(id).map(({ value }) => value))).toEqual([[0], [0]]);
  await receiver().emit(2);
  await settled();
  expect([got.get("out/a")?.length, got.get("out/b")?.length]).toEqual([2, 2]);
});

it.each([
  ["another state folder", "state_dir: state", "state_dir: elsewhere", "service.state_dir"],
  ["another key source", "key_source: file", "key_source: memory", "service.outbox.key_source"],
])("says that %s needs a restart, and applies the rest", async (_name, from, to, says) => {
  await begin();
  const home = { os: "linux", homeDir: dir, env: {} } as const;
  const text = `
receivers: { src: { value: 7 } }
processors: { step: {} }
exporters: { out/a: {}, out/b: {} }
service:
  state_dir: state
  outbox: { key_source: file }
  pipelines: { logs: { receivers: [src], processors: [step], exporters: [out/a, out/b] } }
`.replace(from, to);
  const plan = planService(parseConfigText(text, path.join(dir, "config.yaml"), home), factories, home);
  const done = await service.reload(plan);
  expect(done.needsRestart.filter((name) => name !== "service.config_dir")).toEqual([says]);
  expect(receiver().value).toBe(7);
  expect(service.plan.stateDir).toBe(path.join(dir, "state"));
  expect(service.plan.service.outbox.key_source).toBe("file");
});

it("changes how much fits without restarting, and lets a waiting receiver go on", async () => {
  await begin({ service: "", outs: { a: 9 } });
  await reload({ outs: { a: 9 }, service: "" });
  const small = planOf({ outs: { a: 9 } });
  await service.reload({
    ...small,
    service: { ...small.service, outbox: { ...small.service.outbox, max_size: 0 } },
  });
  let through = false;
  const waiting = receiver()
    .emit(1)
    .then(() => (through = true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(through).toBe(false);
  await reload({ outs: { a: 9 } });
  await waiting;
  expect(made).toHaveLength(3);
});

it("tells a receiver that joins later that files are not from before the first start", async () => {
  await begin();
  expect(receiver().host.isFirstStart).toBe(true);
  await reload({ src: 1 });
  expect(receiver().host.isFirstStart).toBe(false);
});

it("takes nothing more from a receiver that was stopped, and hears no more of its troubles", async () => {
  await begin();
  const old = receiver();
  await reload({ src: 1 });
  await expect(old.emit(1)).rejects.toThrow("stopping");
  old.host.fatal(new Error("too late"));
  await expect(Promise.race([service.failure, Promise.resolve("quiet")])).resolves.toBe("quiet");
});

it("loses and doubles nothing over 30 changes under load", { timeout: 60_000 }, async () => {
  await begin({ outs: { a: 3, b: 2 } });
  let [emitted, refused] = [0, 0];
  const end = new AbortController();
  const load = async () => {
    while (!end.signal.aborted) {
      try {
        await receiver().emit(5);
        emitted += 5;
      } catch {
        refused += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const done = load();
  const changes: Wanted[] = [
    { outs: { a: 4, b: 2 } },
    { outs: { a: 3 } },
    { outs: { b: 1, a: 3 }, step: 1 },
    { outs: { a: 3, b: 666 } },
    { outs: { a: 3, b: 2 }, src: 1 },
    { outs: { a: 3, b: 2, c: 1 } },
  ];
  for (let i = 0; i < 30; i++) {
    await reload(changes[i % changes.length] as Wanted).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 13));
  }
  await reload({ outs: { a: 0, b: 0 } });
  end.abort();
  await done;
  await settled();
  const uids = got.get("out/a") ?? [];
  expect([uids.length, new Set(uids).size]).toEqual([emitted, emitted]);
  for (const id of ["out/b", "out/c"]) expect(new Set(got.get(id)).size).toBe(got.get(id)?.length);
  expect(emitted).toBeGreaterThan(100);
  expect(service.store.balance()).toMatchObject({ balanced: true, accepted: emitted });
  expect(refused).toBeLessThan(emitted);
});
