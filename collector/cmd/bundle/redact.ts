import os from "node:os";
import path from "node:path";
import type { Platform } from "#component/component.ts";
import { MASK } from "../config/effective.ts";

const REFERENCE = /^\$\{(env:[^}:]+|file:[^}]+)\}$/;
/** A duration, a size, a share. */
const QUANTITY = /^\d+(\.\d+)? ?[A-Za-z%]{0,3}$/;
const LOCAL_ADDRESS = /^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0):\d{1,5}$/;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{16,}/gi;
/** Words of ours, codes and ids of components: one slash at most, and not in front. */
const WORDS = /^[\w.,:;()' -]{1,200}(\/[\w.-]{1,100})?$/;

/** Takes out of texts whose machine it is: the home folder, the user's name, long ids. */
export class Scrubber {
  readonly #rules: readonly [RegExp, string][];

  constructor({ homeDir }: Pick<Platform, "homeDir">, names: readonly string[] = userNames()) {
    const people = new Set([...names, path.basename(homeDir)].filter((name) => name !== ""));
    this.#rules = [
      ...(path.parse(homeDir).root === homeDir ? [] : [rule(homeDir, "~")]),
      [ID, "[id]"],
      ...Array.from(people, (name) => rule(name, "[user]")),
    ];
  }

  text(text: string): string {
    return this.#rules.reduce((rest, [pattern, by]) => rest.replaceAll(pattern, by), text);
  }

  /** Every text in a value, names of fields included. */
  deep(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.deep(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.deep(item)]));
  }
}

/** A whole word, in any case: a name inside a longer one is another name. */
function rule(word: string, by: string): [RegExp, string] {
  const literal = word.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  return [new RegExp(`(?<!\\w)${literal}(?!\\w)`, "gi"), by];
}

function userNames(): string[] {
  const { env } = process;
  const names = [env["USER"], env["USERNAME"], env["LOGNAME"], env["SUDO_USER"]];
  try {
    names.push(os.userInfo().username);
  } catch {
    // A user that the system has no name for.
  }
  return names.filter((name) => name !== undefined);
}

/**
 * A value that somebody wrote into a configuration: what tells nothing but how the collector is set stays. Anything that
 * is not known to be harmless becomes the kind of thing it is.
 */
export function tellable(value: unknown, choices: readonly unknown[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => tellable(item));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tellable(item)]));
  if (typeof value !== "string" || value === MASK || choices.includes(value)) return value;
  if (REFERENCE.test(value)) return value.startsWith("${file:") ? "${file:[path]}" : value;
  if (QUANTITY.test(value) || LOCAL_ADDRESS.test(value)) return value;
  if (/^https?:\/\//i.test(value)) return origin(value);
  return /^[~./\\]|^[A-Za-z]:[/\\]/.test(value) ? "[path]" : "[text]";
}

/** Scheme, host and port. A path may be a key as well. */
function origin(text: string): string {
  const url = URL.parse(text);
  if (url === null) return "[address]";
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : "/[path]"}`;
}

/** A field of a log line. */
export function words(value: string | number | boolean): string | number | boolean {
  return typeof value !== "string" || WORDS.test(value) ? value : "[text]";
}
