import { errorCode } from "#component/error-code.ts";
import type { Exporter, SendResult, Settings } from "#component/component.ts";
import { expandPath } from "#config/paths.ts";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import type { FileConfig } from "./config.ts";
import { type Disk, ForeignFileError, LineFile } from "./line-file.ts";

/** Files that an exporter of this process writes: two writers would cut off each other's lines. */
const claimed = new Set<string>();

export class FileExporter implements Exporter {
  readonly #settings: Settings;
  readonly #path: string;
  readonly #lines: LineFile;
  #hasClaim = false;
  /** Ends when the request before has ended. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings, config: FileConfig, disk?: Disk) {
    const { max_size: maxSize, max_files: maxFiles } = config.rotation;
    this.#settings = settings;
    this.#path = expandPath(config.path, settings.platform, process.cwd());
    this.#lines = new LineFile(this.#path, { maxSize, maxFiles }, disk);
  }

  /** A disk that refuses is no reason to stop the collector: other destinations go on. */
  async start(): Promise<void> {
    if (claimed.has(this.#path)) {
      throw new Error(`exporters.${this.#settings.id}.path: another exporter writes to this file`);
    }
    claimed.add(this.#path);
    this.#hasClaim = true;
    try {
      await this.#lines.repair();
    } catch (error) {
      const { reason } = failureOf(error);
      this.#settings.log.warn("file is not usable, tried again with each request", { reason });
    }
  }

  async shutdown(): Promise<void> {
    await this.#turn;
    if (this.#hasClaim) claimed.delete(this.#path);
    this.#hasClaim = false;
  }

  send(request: LogsRequest, signal: AbortSignal): Promise<SendResult> {
    const result = this.#turn.then(() => this.#append(request, signal));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #append(request: LogsRequest, signal: AbortSignal): Promise<SendResult> {
    if (signal.aborted) return { kind: "retry", reason: "stopped before writing" };
    const line = Buffer.concat([jsonCodec.encodeRequest(request), Buffer.from("\n")]);
    try {
      const outcome = await this.#lines.append(line);
      if (outcome === "present") this.#settings.count("exporter_file_repeated_requests");
      return { kind: "delivered", rejected: 0 };
    } catch (error) {
      return failureOf(error);
    }
  }
}

function failureOf(error: unknown): SendResult & { reason: string } {
  if (error instanceof ForeignFileError) {
    return { kind: "park", reason: "the file holds something else", destination: true };
  }
  return { kind: "retry", reason: `file write failed: ${errorCode(error)}` };
}
