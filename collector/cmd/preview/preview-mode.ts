import type { Platform, Processor, ProcessorFactory, Settings } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { VERSION } from "#config/version.ts";
import { checkRecord, type Mode, type OptIn, ruleFor } from "#proto/egress.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { RecordWriter, requestBytes } from "#proto/record-writer.ts";
import { readsText } from "#proto/text-modes.ts";
import { Counters } from "../../service/counters.ts";
import { buildPipelines } from "../../service/pipelines.ts";
import type { Plan, Planned } from "../../service/plan.ts";
import type { Destination, Pipeline } from "../../service/spooler.ts";
import { systemClock } from "../../service/system.ts";
import { outcomeOf } from "../../service/text-outcome.ts";
import { askingNobody, type Unasked } from "./asking-nobody.ts";
import type { FoundRecord } from "./found.ts";
import { type Applied, appliedBy } from "./rules.ts";

/** What would leave to one destination in one mode. */
export interface ModePreview {
  mode: Mode;
  pipeline: string;
  exporter: string;
  /** One for each record, in the order of their times. */
  requests: LogsRequest[];
  /** What the team's backend would be asked for a category. */
  asked: Unasked[];
  applied: { what: Applied; count: number }[];
}

export interface PreviewOptions {
  plan: Plan;
  platform: Platform;
  instanceId: string;
  found: readonly FoundRecord[];
  optIns: ReadonlySet<OptIn>;
  signal: AbortSignal;
}

/** Where a record goes. */
interface Way {
  pipelines: readonly Pipeline[];
  pipeline: Pipeline;
  destination: Destination;
  optIns: ReadonlySet<OptIn>;
}

interface Passed extends FoundRecord {
  /** It was put aside until its text was worked on. */
  hadText: boolean;
}

/** The collector's own processors, gate and ids, on records in memory. Nothing is stored or sent. */
export async function previewMode(mode: Mode, options: PreviewOptions): Promise<ModePreview[]> {
  const tally = new Tally();
  const { optIns } = options;
  const asked: Unasked[] = [];
  const processors = new Map<string, Processor>();
  const plan = inMode(options.plan, mode, (request) => asked.push(request));
  const settings = settingsOf(options.platform, tally);
  try {
    for (const { name, processors: chain } of plan.pipelines) {
      for (const each of chain) {
        const processor = each.factory.create({ ...settings, id: each.id }, each.config);
        processors.set(`${name}\0${each.id}`, processor);
        await processor.start();
      }
    }
    const pipelines = buildPipelines({
      plan,
      version: VERSION,
      instanceId: options.instanceId,
      processor: (pipeline, { id }) => processors.get(`${pipeline}\0${id}`) ?? missing(),
      hasRoom: () => true,
      mode: (configured) => ({ mode: configured, setBy: "default", sinceMs: 0, isFresh: true }),
      textHasRoom: () => true,
      counters: tally.gate,
    });
    const previews: ModePreview[] = [];
    for (const pipeline of pipelines) {
      tally.take();
      asked.length = 0;
      const passed = await passedBy(pipeline, options, tally);
      const shared = tally.take();
      for (const destination of pipeline.destinations) {
        const requests = passed.flatMap(
          (each) => requestOf({ pipelines, pipeline, destination, optIns }, each) ?? [],
        );
        const applied = [...shared, ...tally.take()];
        const { exporter } = destination;
        previews.push({ mode, pipeline: pipeline.name, exporter, requests, asked: [...asked], applied });
      }
    }
    return previews;
  } finally {
    for (const processor of processors.values()) await processor.shutdown(AbortSignal.timeout(1_000));
  }
}

/** The same plan as if this mode were in force. A pipeline without a processor that knows modes stays `off`. */
function inMode(plan: Plan, mode: Mode, unasked: (request: Unasked) => void): Plan {
  const withMode = (planned: Planned<ProcessorFactory>): Planned<ProcessorFactory> => {
    const { factory, config } = planned;
    const isObject = typeof config === "object" && config !== null;
    if (factory.mode !== undefined && isObject) return { ...planned, config: { ...config, mode } };
    // Somebody waits for the answer.
    const awake = isObject && "pause_on_battery" in config ? { ...config, pause_on_battery: false } : config;
    const becomes = (record: SourceRecord) => ({ kind: "done" as const, record });
    return askingNobody({ ...planned, config: awake }, { unasked, becomes });
  };
  const pipelines = plan.pipelines.map((pipeline) => {
    const knowsModes = pipeline.processors.some(({ factory }) => factory.mode !== undefined);
    return {
      ...pipeline,
      mode: knowsModes ? mode : ("off" as const),
      processors: pipeline.processors.map(withMode),
    };
  });
  return { ...plan, pipelines };
}

/** As the collector does it: processors, then what they do with a text in their own time. */
async function passedBy(
  pipeline: Pipeline,
  { found, signal }: PreviewOptions,
  tally: Tally,
): Promise<Passed[]> {
  const passed: Passed[] = [];
  for (const { record, receiver, scope } of found) {
    if (!pipeline.receivers.has(receiver)) continue;
    const read = asRead(record, pipeline.mode, tally);
    if (read === undefined) continue;
    let records = [read];
    for (const processor of pipeline.processors) records = processor.process(records);
    for (const each of records) {
      const hadText = each.body !== undefined;
      const isReady = await resolveText(pipeline, each, { signal, tally });
      if (isReady) passed.push({ receiver, scope, record: each, hadText });
    }
  }
  return passed;
}

/** What a receiver would have read in this mode. */
function asRead(record: SourceRecord, mode: Mode, tally: Tally): SourceRecord | undefined {
  const copy = { ...record, local: { ...record.local }, attributes: new Map(record.attributes) };
  if (record.body === undefined || readsText(record.eventName, mode)) return copy;
  const isAnswer = record.eventName === "talos.completion";
  tally.byMode(isAnswer ? "answers_not_read" : "prompt_texts_not_read");
  delete copy.body;
  return isAnswer ? undefined : copy;
}

/** False where the text would wait. */
async function resolveText(
  { processors, mode }: Pipeline,
  record: SourceRecord,
  { signal, tally }: { signal: AbortSignal; tally: Tally },
): Promise<boolean> {
  if (record.body === undefined) return true;
  for (const { later } of processors) {
    if (later?.wants(record) !== true) continue;
    const resolved = await later.resolve(record, signal, mode);
    // It would wait, encrypted, and its record with it.
    if (resolved.kind === "retry") tally.add(`waits_${resolved.reason}`);
    if (resolved.kind === "retry") return false;
  }
  const longest = ruleFor(record.eventName)?.body?.maxLength ?? 0;
  if (record.body === undefined) return true;
  if (mode !== "full") tally.byMode("prompt_texts_in_no_record");
  else if (record.body.length > longest) tally.byMode("texts_too_long_to_leave");
  return true;
}

/** As the spooler does it: what had a text by the outcome of that, everything else as mode `off` lets it out. */
function requestOf(
  { pipelines, pipeline, destination, optIns }: Way,
  { record, scope, hadText }: Passed,
): LogsRequest | undefined {
  const { name, mode } = pipeline;
  let bytes: Uint8Array | undefined;
  if (hadText) {
    const envelope = { record, scope, destinations: [destination.exporter] };
    const row = { exporter: "", id: 0 };
    const resolution = { envelope, mode, modeOf: () => mode, hasRoom: () => true, row };
    bytes = outcomeOf(pipelines, name, resolution, "").batches[0]?.plaintext;
  } else {
    const writer = new RecordWriter();
    if (!destination.gate("off").pass(record, writer)) return undefined;
    bytes = requestBytes(pipeline.resource("off"), { ...scope, attributes: [] }, writer.take());
  }
  if (bytes === undefined) return undefined;
  const request = protobufCodec.decodeRequest(bytes);
  const [sent] = request.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  // The gate at sending.
  return sent !== undefined && checkRecord(sent, mode, optIns).length === 0 ? request : undefined;
}

/** What the components counted. */
class Tally {
  readonly gate = new Counters();
  readonly #counts = new Map<string, number>();
  readonly #modes = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  byMode(rule: string): void {
    this.#modes.set(rule, (this.#modes.get(rule) ?? 0) + 1);
  }

  take(): ModePreview["applied"] {
    const modes = Array.from(this.#modes, ([rule, count]) => ({
      what: { kind: "removed" as const, by: "mode" as const, rule },
      count,
    }));
    const counted = [...this.#counts, ...this.gate.take()].flatMap(([name, count]) => {
      const what = appliedBy(name);
      return what === undefined ? [] : [{ what, count }];
    });
    this.#counts.clear();
    this.#modes.clear();
    return [...modes, ...counted];
  }
}

function settingsOf(platform: Platform, tally: Tally): Omit<Settings, "id"> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return { clock: systemClock, log, platform, count: (name, by) => tally.add(name, by) };
}

function missing(): never {
  throw new Error("a planned processor was not made");
}
