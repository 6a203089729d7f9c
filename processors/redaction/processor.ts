import type { Later, Processor, Resolved, Settings } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { readsText } from "#proto/text-modes.ts";
import type { RedactionConfig } from "./config.ts";
import { type Outcome, Redactor } from "./redactor.ts";

/** Attributes that tell something of a text in other words. */
const HINTS = ["talos.task_hint", "talos.project_hint"];

export class RedactionProcessor implements Processor {
  readonly #settings: Settings;
  readonly #config: RedactionConfig;
  readonly #redactor: Redactor;

  constructor(settings: Settings, config: RedactionConfig) {
    this.#settings = settings;
    this.#config = config;
    const limits = { maxText: config.max_text, timeLimitMs: config.time_limit };
    this.#redactor = new Redactor({ clock: settings.clock, limits });
  }

  /** Whatever the mode: a text and what was made of it are looked at for secrets before they go anywhere. */
  readonly later: Later = {
    wants: (record) => record.body !== undefined || hasHints(record),
    resolve: (record, signal) => this.#resolve(record, signal),
  };

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  process(records: SourceRecord[]): SourceRecord[] {
    let [bodies, hints] = [0, 0];
    for (const record of records) {
      // Without a text it is never asked about later: what hints hold would not be looked at.
      if (record.body === undefined && hasHints(record)) {
        for (const name of HINTS) record.attributes.delete(name);
        hints += 1;
      }
      if (record.body === undefined) continue;
      if (readsText(record.eventName, this.#config.mode)) continue;
      delete record.body;
      bodies += 1;
    }
    if (bodies > 0) this.#settings.count("processor_redaction_removed_bodies", bodies);
    if (hints > 0) this.#settings.count("processor_redaction_removed_hints", hints);
    return records;
  }

  async #resolve(record: SourceRecord, signal: AbortSignal): Promise<Resolved> {
    try {
      const body = record.body === undefined ? undefined : await this.#redact(record.body, signal);
      const hints = new Map<string, string | undefined>();
      for (const name of HINTS) {
        const hint = record.attributes.get(name);
        if (hint !== undefined) hints.set(name, await this.#redact(String(hint), signal));
      }
      replaceTexts(record, body, hints);
      return { kind: "done", record };
    } catch (error) {
      if (!signal.aborted) throw error;
      return { kind: "retry", afterMs: 0, reason: "stopped before all of the text was looked at" };
    }
  }

  /** Undefined where the text may not leave. */
  async #redact(text: string, signal: AbortSignal): Promise<string | undefined> {
    const outcome = await this.#redactor.redact(text, signal);
    this.#count(outcome);
    return outcome.kind === "redacted" ? outcome.text : undefined;
  }

  /** How many texts each rule changed, or was the reason to drop. */
  #count(outcome: Outcome): void {
    if (outcome.kind === "dropped") this.#settings.count(`processor_redaction_dropped_${outcome.rule}`);
    else for (const rule of outcome.found.keys()) this.#settings.count(`processor_redaction_${rule}`);
  }
}

function hasHints({ attributes }: SourceRecord): boolean {
  return HINTS.some((name) => attributes.has(name));
}

function replaceTexts(
  record: SourceRecord,
  body: string | undefined,
  hints: ReadonlyMap<string, string | undefined>,
): void {
  if (body === undefined) delete record.body;
  else record.body = body;
  for (const [name, hint] of hints) {
    if (hint === undefined) record.attributes.delete(name);
    else record.attributes.set(name, hint);
  }
}
