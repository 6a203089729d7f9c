/** For tests: a collector with one pipeline of texts, whose ends and whose reader of texts are the test's. */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import * as z from "zod";
import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Factory,
  type ReceiverHost,
  type Resolved,
} from "#component/component.ts";
import type { SourceRecord, Value } from "#component/record.ts";
import { emptyUnit } from "#component/unit.ts";
import { parseConfigText } from "#config/load.ts";
import { type Mode, MODES, NO_OPT_INS } from "#proto/egress.ts";
import type { LogRecord } from "#proto/logs.ts";
import { record } from "#state/testing.ts";
import type { DestinationBalance, KeySource } from "#state/types.ts";
import { testSettings } from "#testkit/fakes.ts";
import type { ModeInForce } from "./modes.ts";
import { type Plan, planService } from "./plan.ts";
import { Service } from "./service.ts";
import { systemClock } from "./system.ts";
import { attributeOf, recordsOf, TEAM_KEY } from "./testing.ts";

export const CANARY = "CANARY-7f3a the prompt of a person";

const about = { stability: "alpha", summary: "For tests.", config: z.strictObject({}) } as const;
const Reader = z.strictObject({ mode: z.enum(MODES).optional() });
const idle = { start: async () => {}, shutdown: async () => {} };
const PIPELINE = "{ receivers: [src], processors: [categorize], exporters: [sink, sink/two] }";

export class TextStage {
  readonly dir: string = mkdtempSync(path.join(tmpdir(), "texts-"));
  /** What the reader of texts does. */
  answer: (record: SourceRecord) => Resolved = labelled;
  /** Whether it is asked for a prompt without its text too, which may have hints. */
  readsHints = false;
  inForce: ModeInForce = { mode: "categorize_local", setBy: "consent", sinceMs: 0, isFresh: true };
  /** The pipelines' own setting. */
  configured: Mode = "full";
  pipelines = `logs: ${PIPELINE}`;
  keySource: KeySource = "file";
  /** Nobody answers there. */
  readonly down: Set<string> = new Set();
  readonly #got = new Map<string, LogRecord[]>();
  #host: ReceiverHost | undefined;
  #service: Service | undefined;

  get service(): Service {
    if (this.#service === undefined) throw new Error("not open");
    return this.#service;
  }

  get host(): ReceiverHost {
    if (this.#host === undefined) throw new Error("not open");
    return this.#host;
  }

  async open(): Promise<void> {
    const { log, platform } = testSettings();
    this.#service = await Service.open({
      plan: this.plan(),
      version: "1.0.0",
      clock: systemClock,
      log,
      platform: { ...platform, homeDir: this.dir },
      once: false,
      modes: {
        now: (mode) => (mode === "off" ? { ...this.inForce, mode } : this.inForce),
        optIns: NO_OPT_INS,
      },
    });
    await this.#service.start();
  }

  /** What the settings of this stage make now. */
  plan(): Plan {
    const text = `
receivers: { src: {}, src/more: {} }
processors: { categorize: {}, categorize/off: { mode: "off" } }
exporters: { sink: {}, sink/two: {} }
service:
  state_dir: "${this.dir}"
  outbox: { key_source: ${this.keySource} }
  pipelines: { ${this.pipelines} }
`;
    const home = { ...testSettings().platform, homeDir: this.dir };
    return planService(
      parseConfigText(text, path.join(this.dir, "config.yaml"), home),
      this.#factories(),
      home,
    );
  }

  /** As far as a process can end in order; what is sent then is sent. */
  async close(): Promise<void> {
    await this.#service?.stop(AbortSignal.abort());
    this.#service = undefined;
  }

  async dispose(): Promise<void> {
    await this.close();
    rmSync(this.dir, { recursive: true });
  }

  async emit(...records: SourceRecord[]): Promise<void> {
    const unit = emptyUnit({ name: "talos.receiver.claude_code", version: "1" });
    await this.host.submit({ ...unit, records });
  }

  /** Names of the attributes of a text are what the mode let out. */
  sent(event = "talos.prompt", exporter = "sink"): LogRecord[] {
    return (this.#got.get(exporter) ?? []).filter(({ eventName }) => eventName === event);
  }

  categories(exporter = "sink"): ReturnType<typeof attributeOf>[] {
    return this.sent("talos.prompt", exporter).map((each) => attributeOf(each, "talos.category"));
  }

  waiting(queue: string): number {
    return this.service.store.pending(queue).records + this.service.store.parked(queue).records;
  }

  balanceOf(queue: string): DestinationBalance | undefined {
    return this.service.store.balance().destinations.find(({ exporter }) => exporter === queue);
  }

  async until(look: () => unknown): Promise<void> {
    // oxlint-disable-next-line vitest/no-standalone-expect -- every test waits for something
    await expect.poll(look, { timeout: 20_000 }).toBe(true);
  }

  /** Nothing waits anywhere, and the books balance. */
  async settled(): Promise<void> {
    await this.until(() => {
      const { destinations, balanced } = this.service.store.balance();
      return balanced && destinations.every(({ queued, parked }) => queued + parked === 0);
    });
  }

  /** True when a file of the state holds the text. */
  isOnDisk(text: string): boolean {
    return globSync("**/*", { cwd: this.dir, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .some((entry) => readFileSync(path.join(entry.parentPath, entry.name)).includes(text));
  }

  #factories(): Factory[] {
    const configured = this.configured;
    return [
      defineReceiver({
        ...about,
        type: "src",
        create: ({ id }, _config, given) => {
          if (id === "src") this.#host = given;
          return idle;
        },
      }),
      defineProcessor({
        ...about,
        config: Reader,
        type: "categorize",
        teamKey: () => TEAM_KEY,
        mode: ({ mode }) => mode ?? configured,
        create: () => ({
          ...idle,
          process: (records) => records,
          later: {
            wants: ({ eventName, body }) =>
              eventName === "talos.prompt" && (body !== undefined || this.readsHints),
            resolve: async (each) => this.answer(each),
          },
        }),
      }),
      defineExporter({
        ...about,
        type: "sink",
        delivery: () => ({
          destination: "talos",
          corrections: true,
          grouping: "request",
          timing: "immediate",
        }),
        create: ({ id }) => ({
          ...idle,
          send: async (request) => {
            if (this.down.has(id)) return { kind: "retry", reason: "down", afterMs: 20 };
            this.#got.set(id, [...(this.#got.get(id) ?? []), ...recordsOf(request)]);
            return { kind: "delivered", rejected: 0 };
          },
        }),
      }),
    ];
  }
}

export function labelled(each: SourceRecord): Resolved {
  each.attributes.set("talos.category", "bugfix");
  each.attributes.set("talos.category.method", "rules");
  return { kind: "done", record: each };
}

export const never = (): Resolved => ({ kind: "retry", afterMs: 60_000, reason: "not_yet" });

export function prompt(name: string, over: Partial<SourceRecord> = {}): SourceRecord {
  return record(name, {
    eventName: "talos.prompt",
    timeMs: Date.now() + 1_000,
    body: CANARY,
    attributes: new Map<string, Value>([["talos.source", "claude_code"]]),
    ...over,
  });
}
