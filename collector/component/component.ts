import type * as z from "zod";
import type { Mode } from "#proto/egress.ts";
import type { LogsRequest } from "#proto/logs.ts";
import type { SourceRecord } from "./record.ts";
import type { ScopeConfig } from "./scope.ts";
import type { Position, Unit } from "./unit.ts";

export type Stability = "development" | "alpha" | "beta" | "stable";

export interface Component {
  /** Returns once the component works. Throws to abort the collector's startup. */
  start(): Promise<void>;
  /** Finishes what it holds and releases everything. Safe to call twice, and without `start`. */
  shutdown(signal: AbortSignal): Promise<void>;
}

export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /** Runs `task` once after `delayMs`. The returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** A log line is a constant message and fields. Neither may hold content, paths of a user's work or secrets. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Record<string, string | number | boolean>;

/** The machine, as far as components differ by it. Injected, so that all three systems are tested anywhere. */
export interface Platform {
  os: "darwin" | "linux" | "win32";
  homeDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

export interface Settings {
  /** Name from the configuration file, for example `file` or `file/archive`. */
  id: string;
  clock: Clock;
  log: Logger;
  platform: Platform;
  /** Adds to a counter of this component that is stored with the next commit. */
  count(name: string, by?: number): void;
  /** How it stands now, in memory only. `lag_bytes`: what a receiver knows of and has not read. */
  gauge?(name: "lag_bytes", value: number): void;
  /** Told of each request before it leaves this computer. */
  ledger?: Ledger;
}

/** Keeps what left this computer. It never refuses and never fails: what it could not keep, it counts. */
export interface Ledger {
  /** Resolves once the request is kept, or could not be. Send it after that. */
  leaving(request: Departure): Promise<Noted>;
}

/** A request that is about to leave. */
export interface Departure {
  /** Id from the configuration of who sends it. */
  destination: string;
  method: "GET" | "POST";
  /** Its host and path are kept, and nothing else of it. */
  url: URL;
  /** Before compression; empty for none. It must hold no token. */
  body: Uint8Array;
  /** Content type; "" without a body. */
  type: string;
  /** How the body goes over the wire. */
  encoding: "gzip" | "identity";
  /** Some of the body is replaced by `[masked]`, because it was secret. */
  isMasked?: boolean;
  records?: number;
  mode?: Mode;
  /** The body holds somebody's words: they are forgotten once the other side has them. */
  hasText?: boolean;
  /** Where the words were read. */
  places?: readonly Place[];
  /** The other side is the team's own backend, which signs what it gets. */
  isTeams?: boolean;
}

/** A place in a followed file, without its path. */
export interface Place {
  /** `ReceiverHost.fileKey`. */
  fileKey: string;
  /** Bytes from the start of the file. */
  from: number;
  to?: number;
}

export interface Noted {
  /** To be sent along. */
  headers: Record<string, string>;
  /** What became of it. Without a call, nobody knows. */
  answered(answer: DepartureAnswer): void;
}

export interface DepartureAnswer {
  /** Absent where no answer came. */
  status?: number;
  /** The other side has taken it. */
  isTaken: boolean;
  /** Records that it refused for good. */
  rejected?: number;
  /** The header `talos-receipt`. */
  receipt?: string;
}

/** What a receiver may read of texts. */
export interface TextWanted {
  /** Answers too; otherwise prompts alone. */
  completions: boolean;
  /** Milliseconds since the Unix epoch, UTC: of what was written before, no text is read. */
  sinceMs: number;
}

/** Where what is written for a receiver waits for it. It need not exist. */
export interface ReceiverFolder {
  path: string;
  /** False: the collector that follows it is another one, and nothing in it may be changed. */
  isOwn: boolean;
}

/** What a receiver may ask of the collector it runs in. */
export interface ReceiverHost {
  /** Keyed hash of a file's identity, 32 hex digits. */
  fileKey(identity: string): string;
  /** Keyed hash of bytes, 32 hex digits: for heads and markers. */
  digest(bytes: Uint8Array): string;
  /** Where reading the file resumes, or undefined for a file never seen. */
  position(fileKey: string): Position | undefined;
  /** When this machine began to follow, in milliseconds since the Unix epoch, UTC. Survives a lost `state.db`. */
  firstStartMs: number;
  /** True in the run that wrote `firstStartMs`: existing files are then history. */
  isFirstStart: boolean;
  /**
   * After a pause: a file last written before this moment, in milliseconds since the Unix epoch, UTC, is stepped over
   * to its end, wherever reading stopped.
   */
  skipBeforeMs?: number | undefined;
  /** A folder of the receiver's own, in that of the state; undefined, or no such method: there is none. */
  folder?(name: string): ReceiverFolder | undefined;
  /** 32 bytes that only this state has, the same at every start until its key is changed. None: nothing may be kept. */
  secret?(purpose: string): Uint8Array;
  /** What may be read of texts now; undefined, or no such method: nothing. Asked for each record. */
  text?(): TextWanted | undefined;
  /** True once a pause begins: `shutdown` first reads to the end, and takes what is open as it is. */
  isPausing?: boolean;
  /** True in `run --once`: read to the end, treat the end as final, then call `finished`. */
  once: boolean;
  /**
   * Makes a unit durable: resolves after its transaction is committed and its records are on their way.
   * Waits while the primary destination's queue is full. Rejects when the disk refuses; nothing is then stored,
   * and the same unit may be submitted again.
   */
  submit(unit: Unit): Promise<void>;
  /** Tells `run --once` that this receiver has read everything that was there. */
  finished(): void;
  /** The receiver cannot go on. Stops the collector with this message. */
  fatal(error: Error): void;
}

/** Changes records in place or returns fewer. Pure: it holds nothing after it returns. */
export interface Processor extends Component {
  process(records: SourceRecord[]): SourceRecord[];
  /** For records that have a text when all of the pipeline's processors have seen them. */
  readonly later?: Later;
}

/**
 * What a processor does with a text in its own time. The collector keeps a record with a text encrypted, outside of
 * every destination's queue, so that no count waits for it. It gives one at a time to the `later` of each processor,
 * in the pipeline's order, and then spools what came out.
 */
export interface Later {
  /** False: this processor has nothing to do with the record. Pure. */
  wants(record: SourceRecord): boolean;
  /**
   * Rejects only for bugs. `record` is the one given, changed: with an answer, and without what may not be sent.
   * `mode` is in force now: it says where the text may go while it is worked on.
   */
  resolve(record: SourceRecord, signal: AbortSignal, mode: Mode): Promise<Resolved>;
}

export type Resolved =
  | { kind: "done"; record: SourceRecord }
  /** Ask again after `afterMs`. `reason` is a constant of ours. */
  | { kind: "retry"; afterMs: number; reason: string };

/** What came back for one request. */
export type SendResult =
  /** The destination has it. `rejected` records were refused for good, with `message` as its reason. */
  | { kind: "delivered"; rejected: number; message?: string }
  /** Try the same bytes later; after `afterMs` when the destination said so. */
  | { kind: "retry"; reason: string; afterMs?: number }
  /** The request is too large for the destination. */
  | { kind: "split"; reason: string }
  /**
   * Sending the same again would fail the same way until somebody acts: keep it, and say so.
   * `destination` means that every request would be refused (a wrong token), not this one alone.
   */
  | { kind: "park"; reason: string; destination?: boolean };

export interface Exporter extends Component {
  /** Sends one request. Reports every failure as a result; rejects only for bugs. `places`: where it was read. */
  send(request: LogsRequest, signal: AbortSignal, places?: readonly Place[]): Promise<SendResult>;
}

/** How the sending queue treats an exporter. */
export interface Delivery {
  /** `talos`: the team's own backend. `foreign`: gets ids of its own, so that they cannot be joined. */
  destination: "talos" | "foreign";
  /** A later version of a record is sent under the same id. Otherwise each record is sent once. */
  corrections: boolean;
  /** `request`: queued batches are grouped. `batch`: each is sent by itself, so that a repeat is byte-equal. */
  grouping: "request" | "batch";
  /** `immediate`: sent as soon as it is queued. `batched`: as `service.batch` says. */
  timing: "immediate" | "batched";
}

interface FactoryBase<S extends z.ZodType> {
  type: string;
  stability: Stability;
  /** One sentence for `talos components` and the README. */
  summary: string;
  config: S;
}

export interface ReceiverFactory<S extends z.ZodType = z.ZodType> extends FactoryBase<S> {
  kind: "receiver";
  create(settings: Settings, config: z.output<S>, host: ReceiverHost): Component;
  /** Which folders and repositories are followed. The collector drops the other records. */
  scope?(config: z.output<S>): ScopeConfig;
  /** How `talos test` gives it lines. Without it, `talos test` leaves the receiver out. */
  trial?: Trial<S>;
}

/** A receiver of files, fed from a folder that a test filled. */
export interface Trial<S extends z.ZodType = z.ZodType> {
  /** Where lines go that a test gives no file's name. */
  fileName: string;
  /** The same configuration, that reads the files of this folder and nothing else on the machine. */
  confine(config: z.output<S>, folder: string): z.output<S>;
}

export interface ProcessorFactory<S extends z.ZodType = z.ZodType> extends FactoryBase<S> {
  kind: "processor";
  create(settings: Settings, config: z.output<S>): Processor;
  /** The bytes that key this pipeline's ids, where the processor's configuration holds them. */
  teamKey?(config: z.output<S>): Uint8Array;
  /** The privacy mode that the processor enforces. A pipeline without one is `off`. */
  mode?(config: z.output<S>): Mode;
  /** Hands texts to somebody: it must stand behind the one that takes secrets out. */
  readsText?: boolean;
}

export interface ExporterFactory<S extends z.ZodType = z.ZodType> extends FactoryBase<S> {
  kind: "exporter";
  create(settings: Settings, config: z.output<S>): Exporter;
  delivery(config: z.output<S>): Delivery;
}

export type Factory = ReceiverFactory | ProcessorFactory | ExporterFactory;

/** Ties a config schema to the receiver it configures. */
export function defineReceiver<S extends z.ZodType>(
  spec: Omit<ReceiverFactory<S>, "kind">,
): ReceiverFactory<S> {
  return { kind: "receiver", ...spec };
}

/** Ties a config schema to the processor it configures. */
export function defineProcessor<S extends z.ZodType>(
  spec: Omit<ProcessorFactory<S>, "kind">,
): ProcessorFactory<S> {
  return { kind: "processor", ...spec };
}

/** Ties a config schema to the exporter it configures. */
export function defineExporter<S extends z.ZodType>(
  spec: Omit<ExporterFactory<S>, "kind">,
): ExporterFactory<S> {
  return { kind: "exporter", ...spec };
}
