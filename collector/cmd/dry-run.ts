import type { Exporter, ExporterFactory, SendResult } from "#component/component.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { StateStore } from "#state/store.ts";
import type { NewBatch } from "#state/types.ts";
import { whenAborted } from "../helper/when-aborted.ts";
import type { Plan, Planned } from "../service/plan.ts";
import type { Service } from "../service/service.ts";
import { Taps } from "../service/taps.ts";
import { isPendingLane, queuesOf, withoutLane } from "../service/text-lanes.ts";
import type { PlanOptions } from "./options.ts";
import { askingNobody, type Unasked } from "./preview/asking-nobody.ts";
import { safeJson } from "./preview/cells.ts";
import { recordLines } from "./tap-text.ts";

const BANNER = `talos: DRY RUN (TALOS_DRY_RUN is set): NOTHING IS SENT. What would be is printed here, texts included where
talos: the mode in force lets them leave. It stays queued, and leaves with the first run without TALOS_DRY_RUN.
`;
/** A prompt that waits for nobody is looked at again after this. */
const LONG_MS = 3_600_000;
const LOOK_MS = 50;

/** These speak to the team's backend. */
const SENDING: ReadonlySet<string> = new Set(["backfill", "enroll", "unenroll", "consent", "account"]);

/** Anything but nothing, `0` and `false` counts: somebody who sets it wants nothing to leave. */
function isSet({ TALOS_DRY_RUN: value = "" }: NodeJS.ProcessEnv): boolean {
  return !["", "0", "false"].includes(value.trim().toLowerCase());
}

/** Throws for a command that would send whatever TALOS_DRY_RUN says. */
export function refuseInDryRun(command: string, env: NodeJS.ProcessEnv): void {
  if (!SENDING.has(command) || !isSet(env)) return;
  throw new Error(
    `TALOS_DRY_RUN is set and \`talos ${command}\` sends: it is for \`talos run\`; unset it first`,
  );
}

/** `talos run` that does everything but the sending. Undefined unless TALOS_DRY_RUN asks for it. */
export function dryRunOf(env: NodeJS.ProcessEnv): DryRun | undefined {
  return isSet(env) ? new DryRun((text) => void process.stderr.write(text)) : undefined;
}

export class DryRun {
  readonly taps: Taps;
  readonly #write: (text: string) => void;
  /** A prompt waits for the answer of a backend that is not asked. */
  #waits = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
    this.taps = new PrintingTaps((batch) => this.#print(batch));
    write(BANNER);
  }

  /** The same configuration with nobody at the other end. */
  without(read: PlanOptions): PlanOptions {
    const { plan } = read;
    const exporters = plan.exporters.map((planned) => ({ ...planned, factory: deaf(planned.factory) }));
    const pipelines = plan.pipelines.map((pipeline) => ({
      ...pipeline,
      processors: pipeline.processors.map((planned) => this.#unasked(planned)),
    }));
    const service = { ...plan.service, telemetry: {} };
    return { ...read, plan: { ...plan, exporters, pipelines, service } };
  }

  #unasked(planned: Plan["pipelines"][number]["processors"][number]) {
    return askingNobody(planned, {
      unasked: (request) => this.#printUnasked(request),
      becomes: () => ({
        kind: "retry",
        afterMs: LONG_MS,
        reason: "dry run: the team's backend is not asked",
      }),
    });
  }

  /** What waits from earlier runs. Call it before the service starts. */
  printQueued(store: Pick<StateStore, "take">, plan: Plan): void {
    for (const queue of queuesOf(plan)) {
      if (isPendingLane(queue)) continue;
      const all = store.take(queue, { maxBytes: Number.MAX_SAFE_INTEGER, maxBatches: 100_000 });
      for (const { plaintext } of all) this.#print({ exporter: queue, plaintext });
    }
  }

  /** Resolves once no text is worked on any more, or `signal` aborts. */
  async settled({ store, plan }: Service, signal: AbortSignal): Promise<void> {
    const lanes = queuesOf(plan).filter(isPendingLane);
    while (!signal.aborted && !this.#waits && lanes.some((lane) => store.pending(lane).batches > 0)) {
      // oxlint-disable-next-line no-await-in-loop -- it waits
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_MS)), whenAborted(signal)]);
    }
  }

  #print({ exporter, plaintext }: Pick<NewBatch, "exporter" | "plaintext">): void {
    if (isPendingLane(exporter)) return;
    const records = recordsOf(protobufCodec.decodeRequest(plaintext));
    this.#say({ would_send_to: withoutLane(exporter), records });
  }

  #printUnasked({ url, body }: Unasked): void {
    this.#waits = true;
    this.#say({ would_post_to: url, body });
  }

  #say(value: object): void {
    this.#write(`${safeJson(value, 2)}\n`);
  }
}

class PrintingTaps extends Taps {
  readonly #see: (batch: NewBatch) => void;

  constructor(see: (batch: NewBatch) => void) {
    super();
    this.#see = see;
  }

  override stored(batches: readonly NewBatch[]): void {
    super.stored(batches);
    for (const batch of batches) this.#see(batch);
  }
}

function recordsOf(request: LogsRequest): unknown[] {
  return recordLines(request, "json").map((line): unknown => JSON.parse(line));
}

const deafened = new WeakMap<ExporterFactory, ExporterFactory>();

/** The same kind of exporter, that never begins to send. The same one for the same, so that a reload keeps it. */
function deaf(factory: Planned<ExporterFactory>["factory"]): ExporterFactory {
  const known = deafened.get(factory);
  if (known !== undefined) return known;
  const made: ExporterFactory = { ...factory, create: () => new DeafExporter() };
  deafened.set(factory, made);
  return made;
}

class DeafExporter implements Exporter {
  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async send(_: LogsRequest, signal: AbortSignal): Promise<SendResult> {
    await whenAborted(signal);
    return { kind: "retry", reason: "dry run" };
  }
}
