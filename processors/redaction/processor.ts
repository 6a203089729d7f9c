import type { Processor, Settings } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { ruleFor } from "#proto/egress.ts";
import type { RedactionConfig } from "./config.ts";

export class RedactionProcessor implements Processor {
  readonly #settings: Settings;
  readonly #config: RedactionConfig;

  constructor(settings: Settings, config: RedactionConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  process(records: SourceRecord[]): SourceRecord[] {
    let bodies = 0;
    for (const record of records) {
      if (record.body === undefined) continue;
      const allowed = ruleFor(record.eventName)?.body?.modes.includes(this.#config.mode) ?? false;
      if (allowed) continue;
      delete record.body;
      bodies += 1;
    }
    if (bodies > 0) this.#settings.count("processor_redaction_removed_bodies", bodies);
    return records;
  }
}
