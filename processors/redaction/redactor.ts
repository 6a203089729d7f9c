import type { Clock } from "#component/component.ts";
import { Base64Reader, base64Runs, isPrivateKey } from "./base64.ts";
import { Budget, DroppedError } from "./budget.ts";
import { type Finding, type Redacted, replaceFindings } from "./finding.ts";
import { RULES } from "./rules/all.ts";
import { findBlocks } from "./rules/blocks.ts";
import { isPlaceholder } from "./rules/rule.ts";
import { DECODERS } from "./views.ts";
import { type Consumed, findByRule, sliceOf, type Window, windowsOf } from "./window.ts";

/** Encodings around a secret that are taken off, of any kind and in any order. */
const DEPTH = 4;
/** Characters of base64 that are decoded in one go. */
const PIECE = 32_768;

export interface Limits {
  /** Characters of a text. A longer one is not looked at. */
  maxText: number;
  /** Milliseconds that one text may take. */
  timeLimitMs: number;
}

/** `dropped`: the text may not leave, because it could not be looked at in full. `rule` says what stopped. */
export type Outcome = ({ kind: "redacted" } & Redacted) | { kind: "dropped"; rule: string };

/** A detector beside the rules, such as one of secretlint's. */
export interface Detector {
  name: string;
  find: (text: string) => Promise<Finding[]>;
}

interface Options {
  clock: Pick<Clock, "now">;
  limits: Limits;
  /** Loaded with the first text: most collectors never see one. */
  detectors?: () => Promise<readonly Detector[]>;
}

const secretlint = async () => (await import("./secretlint.ts")).SECRETLINT;

/** Finds secrets in a text, however they are encoded, and replaces them. Lets the collector work in between. */
export class Redactor {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Rejects only with the reason of `signal`. */
  async redact(text: string, signal: AbortSignal): Promise<Outcome> {
    const { clock, limits } = this.#options;
    if (text.length > limits.maxText) return { kind: "dropped", rule: "too_long" };
    const budget = new Budget(text.length, limits.timeLimitMs, clock, signal);
    try {
      const detectors = await attempt("secretlint", this.#options.detectors ?? secretlint);
      const search = new Search(detectors, budget);
      const findings = await search.all(text, 0);
      return { kind: "redacted", ...replaceFindings(text, findings) };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: "dropped", rule: error instanceof DroppedError ? error.rule : "other" };
    }
  }
}

/** What fails is named by its rule. Its error is not looked at: it may quote the text. */
async function attempt<T>(rule: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof DroppedError ? error : new DroppedError(rule);
  }
}

class Search {
  readonly #detectors: readonly Detector[];
  readonly #budget: Budget;

  constructor(detectors: readonly Detector[], budget: Budget) {
    this.#detectors = detectors;
    this.#budget = budget;
  }

  async all(text: string, depth: number): Promise<Finding[]> {
    const found = await attempt("private_key", () => findBlocks(text));
    const consumed: Consumed = new Map();
    for (const window of windowsOf(text)) found.push(...(await this.#window(window, depth, consumed)));
    if (depth < DEPTH) await this.#base64(text, depth, found);
    return found;
  }

  async #window(window: Window, depth: number, consumed: Consumed = new Map()): Promise<Finding[]> {
    const found = await this.#plain(window, consumed);
    if (depth >= DEPTH) return found;
    const { slice, origin } = sliceOf(window);
    for (const decode of DECODERS) {
      const view = await attempt("decoding", () => decode(slice));
      if (view === undefined) continue;
      for (const inner of await this.#view(view.text, depth + 1)) {
        const start = origin + view.at(inner.start);
        const end = origin + view.at(inner.end);
        if (end > window.from && start < window.to) found.push({ ...inner, start, end });
      }
    }
    return found;
  }

  /** A view is as long as a window with what is around it, so it is looked at as one. */
  async #view(text: string, depth: number): Promise<Finding[]> {
    const found = await attempt("private_key", () => findBlocks(text));
    found.push(...(await this.#window({ text, from: 0, to: text.length }, depth)));
    if (depth < DEPTH) await this.#base64(text, depth, found);
    return found;
  }

  async #plain(window: Window, consumed: Consumed): Promise<Finding[]> {
    const { slice, origin } = sliceOf(window);
    await this.#budget.spend(slice.length);
    const lower = slice.toLowerCase();
    const found: Finding[] = [];
    for (const rule of RULES) {
      if (!rule.anchors.some((anchor) => lower.includes(anchor))) continue;
      found.push(...(await attempt(rule.name, () => findByRule(window, rule, consumed))));
    }
    for (const { name, find } of this.#detectors) {
      const more = await attempt(`secretlint_${name}`, () => find(slice));
      found.push(...more.map((each) => moved(each, origin)).filter((each) => isSecret(window, each)));
    }
    return found;
  }

  /** Adds to `found`. What holds a secret is replaced as a whole: half of it would be no use to anybody. */
  async #base64(text: string, depth: number, found: Finding[]): Promise<void> {
    for (const { start, end } of base64Runs(text)) {
      const inner = await this.#inBase64(text.slice(start, end), depth + 1);
      if (inner !== undefined) found.push({ ...inner, start, end });
    }
  }

  async #inBase64(run: string, depth: number): Promise<Pick<Finding, "rule" | "weak"> | undefined> {
    if (await attempt("private_key", () => isPrivateKey(run))) return { rule: "private_key" };
    for (const from of [0, 1, 2, 3]) {
      const text = await this.#decoded(new Base64Reader(run, from));
      if (text === undefined) continue;
      const found = await this.all(text, depth);
      const first = found.find(({ weak }) => weak !== true) ?? found[0];
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** Undefined where no stretch of it reads like text. */
  async #decoded(reader: Base64Reader): Promise<string | undefined> {
    const pieces: string[] = [];
    while (reader.left > 0) {
      await this.#budget.spend(Math.min(PIECE, reader.left));
      pieces.push(await attempt("decoding", () => reader.read(PIECE)));
    }
    return reader.hasText ? pieces.join("") : undefined;
  }
}

function moved(finding: Finding, by: number): Finding {
  return { ...finding, start: finding.start + by, end: finding.end + by };
}

/** Those that begin before belong to the window before; placeholders are no secrets to anybody. */
function isSecret({ text, from, to }: Window, { start, end }: Finding): boolean {
  return start >= from && start < to && !isPlaceholder(text.slice(start, end));
}
