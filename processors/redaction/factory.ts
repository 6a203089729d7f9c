import { defineProcessor } from "#component/component.ts";
import { RedactionConfig } from "./config.ts";
import { RedactionProcessor } from "./processor.ts";

/** Removes what the privacy mode does not allow. The egress gate checks the result again. */
export const redactionFactory = defineProcessor({
  type: "redaction",
  stability: "alpha",
  summary: "Removes what the privacy mode does not allow.",
  config: RedactionConfig,
  create: (settings, config) => new RedactionProcessor(settings, config),
  mode: (config) => config.mode,
});
