import type { LogFields, Logger } from "#component/component.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

export interface LoggerOptions {
  /** May change at any time, like `format`. */
  level: LogLevel;
  format: "text" | "json";
  /** Receives whole lines, newline included. */
  write(line: string): void;
  now(): number;
}

/** Writes one line per message: a constant text and fields. It never sees records, so it cannot show one. */
export function createLogger(options: LoggerOptions, base: LogFields = {}): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
      options.write(render(options, level, message, { ...base, ...fields }));
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function render(options: LoggerOptions, level: LogLevel, message: string, fields: LogFields): string {
  const time = new Date(options.now()).toISOString();
  if (options.format === "json") return `${JSON.stringify({ time, level, message, ...fields })}\n`;
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
  return `${time} ${level.padEnd(5)} ${message}${rest.join("")}\n`;
}

function quoted(value: string | number | boolean): string {
  const text = String(value);
  return /^[\w./:-]+$/.test(text) ? text : JSON.stringify(text);
}
