import type { LogFields, Logger } from "#component/component.ts";

const KEPT = 100;

export interface RecentLine {
  /** Milliseconds since the Unix epoch, UTC. */
  atMs: number;
  level: "info" | "warn" | "error";
  message: string;
  fields: LogFields;
}

/** Keeps the last lines that are logged, in memory: constants and fields, as a log line is. */
export class RecentLines {
  readonly #lines: RecentLine[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get lines(): readonly RecentLine[] {
    return this.#lines;
  }

  /** The same log, remembered whatever its level is set to. */
  around(log: Logger): Logger {
    const at =
      (level: RecentLine["level"]) =>
      (message: string, fields: LogFields = {}) => {
        this.#lines.push({ atMs: this.#now(), level, message, fields });
        if (this.#lines.length > KEPT) this.#lines.shift();
        log[level](message, fields);
      };
    return {
      debug: (message, fields) => log.debug(message, fields),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    };
  }
}
