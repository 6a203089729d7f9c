import type { Exporter, SendResult, Settings } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import type { LogsRequest } from "#proto/logs.ts";
import type { DebugConfig } from "./config.ts";
import { linesOf } from "./text.ts";

/** As much of a writable stream as is used. */
export interface Output {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

export class DebugExporter implements Exporter {
  readonly #settings: Settings;
  readonly #config: DebugConfig;
  readonly #output: Output;
  /** A closed pipe is reported by `send`; without a listener it would also end the process. */
  readonly #ignore = (): void => {};
  #isRunning = false;

  constructor(settings: Settings, config: DebugConfig, output: Output = process.stdout) {
    this.#settings = settings;
    this.#config = config;
    this.#output = output;
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    this.#output.on("error", this.#ignore);
  }

  async shutdown(): Promise<void> {
    this.#isRunning = false;
    this.#output.off("error", this.#ignore);
  }

  async send(request: LogsRequest, signal: AbortSignal): Promise<SendResult> {
    if (!this.#isRunning || signal.aborted) return { kind: "retry", reason: "stopped before writing" };
    const lines = linesOf(request, this.#config.verbosity);
    const error = await this.#write(lines.map((line) => `${this.#settings.id}: ${line}\n`).join(""));
    if (error) return { kind: "retry", reason: `output failed: ${errorCode(error)}` };
    return { kind: "delivered", rejected: 0 };
  }

  #write(text: string): Promise<Error | null | undefined> {
    return new Promise((resolve) => {
      this.#output.write(text, resolve);
    });
  }
}
