import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { defineExporter, type Exporter, type Factory, type SendResult } from "#component/component.ts";
import { parseConfigText } from "#config/load.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";
import { readStatus } from "#state/status.ts";
import type { Status } from "#state/types.ts";
import { FakeClock, type TestSettings, testSettings } from "#testkit/fakes.ts";
import { components } from "../../collector/cmd/components.ts";
import { planService } from "../../collector/service/plan.ts";
import { Service } from "../../collector/service/service.ts";
import { seeded, TranscriptWriter } from "../writer.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A destination in memory that keeps what it took, and every time it took it. */
export class Sink implements Exporter {
  isDead = false;
  attempts = 0;
  /** By event name and id, how often it came. */
  readonly times = new Map<string, number>();

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async send({ resourceLogs }: LogsRequest): Promise<SendResult> {
    this.attempts += 1;
    await Promise.resolve();
    if (this.isDead) return { kind: "retry", reason: "connection failed: ENETUNREACH" };
    for (const { logRecords } of resourceLogs.flatMap(({ scopeLogs }) => scopeLogs)) {
      for (const record of logRecords) {
        const key = `${record.eventName} ${uidOf(record)}`;
        this.times.set(key, (this.times.get(key) ?? 0) + 1);
      }
    }
    return { kind: "delivered", rejected: 0 };
  }

  /** What it holds, to be compared with what was written. */
  get holds(): { requests: number; prompts: number; doubled: number } {
    const keys = [...this.times.keys()];
    const prompts = keys.filter((key) => key.startsWith("talos.prompt ")).length;
    const doubled = [...this.times.values()].filter((times) => times > 1).length;
    return { requests: keys.length - prompts, prompts, doubled };
  }
}

function uidOf({ attributes }: LogRecord): string {
  return attributes.find(({ key }) => key === "log.record.uid")?.value.stringValue ?? "";
}

export interface LaptopOptions {
  /** Ids of the destinations, the primary first. */
  sinks?: string[];
  /** YAML inside `service.outbox`. */
  outbox?: string;
  /** Where the transcripts are, when not in a folder of its own. */
  home?: string;
  stateDir?: string;
  startAt?: "beginning" | "end";
}

/**
 * A collector in this process, with real transcripts, a real `state.db`, a clock that moves when it is told to, and
 * destinations in memory. It can be stopped and started again.
 */
export class Laptop {
  readonly dir: string = mkdtempSync(path.join(tmpdir(), "talos-fault-"));
  readonly home: string;
  readonly stateDir: string;
  readonly clock = new FakeClock(Date.parse("2026-11-16T08:00:00Z"));
  readonly settings: TestSettings = testSettings({ clock: this.clock });
  readonly sinks = new Map<string, Sink>();
  readonly writer: TranscriptWriter;
  readonly #options: LaptopOptions;
  #service: Service | undefined;

  constructor(options: LaptopOptions = {}) {
    this.#options = options;
    this.home = options.home ?? path.join(this.dir, "home");
    this.stateDir = options.stateDir ?? path.join(this.dir, "state");
    const now = () => this.clock.now();
    this.writer = new TranscriptWriter(this.home, { sessions: 4, random: seeded(7), now });
    for (const id of options.sinks ?? ["sink/primary"]) this.sinks.set(id, new Sink());
  }

  sink(id: string): Sink {
    const sink = this.sinks.get(id);
    if (sink === undefined) throw new Error(`no destination ${id}`);
    return sink;
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error("the collector does not run");
    return this.#service;
  }

  async start(): Promise<void> {
    const { platform, log } = this.settings;
    const plan = planService(
      parseConfigText(this.#config(), `${this.dir}/c.yaml`, platform),
      this.#factories(),
      platform,
    );
    const { clock } = this;
    this.#service = await Service.open({ plan, version: "0.0.0", clock, log, platform, once: false });
    await this.#service.start();
    await this.idle();
  }

  async stop(): Promise<void> {
    await this.#service?.stop(AbortSignal.timeout(1_000));
    this.#service = undefined;
  }

  /** Lets `ms` pass in steps, and after each everything that then happens. */
  async pass(ms: number, stepMs = MINUTE_MS): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(left, stepMs));
      await this.idle();
    }
  }

  /** Waits until files are read and destinations have answered. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  write(steps: number): void {
    for (let n = 0; n < steps; n += 1) this.writer.step();
  }

  status(): Status {
    const status = readStatus(this.stateDir);
    if (status === undefined) throw new Error("there is no state");
    return status;
  }

  /** Messages that people see, one after the other. */
  get said(): string[] {
    return this.settings.lines.filter(({ level }) => level !== "debug").map(({ message }) => message);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #factories(): Factory[] {
    const sink = defineExporter({
      type: "sink",
      stability: "development",
      summary: "In memory.",
      config: z.strictObject({}),
      create: ({ id }) => this.sink(id),
      delivery: () => ({
        destination: "foreign",
        corrections: false,
        grouping: "request",
        timing: "batched",
      }),
    });
    return [...components, sink];
  }

  #config(): string {
    const ids = [...this.sinks.keys()];
    return `
receivers:
  claude_code:
    include: ["${this.home}/projects/**/*.jsonl"]
    start_at: ${this.#options.startAt ?? "beginning"}
    watch: poll
    poll_interval: 30s
processors:
  cwd_hash: { salt: a-team-salt-of-32-characters-012 }
  redaction: { mode: "off" }
exporters:
${ids.map((id) => `  ${id}: {}`).join("\n")}
service:
  state_dir: "${this.stateDir}"
  outbox: { key_source: file, ${this.#options.outbox ?? ""} }
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [${ids.join(", ")}] }
`;
  }
}
