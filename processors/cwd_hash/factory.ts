import { defineProcessor } from "#component/component.ts";
import { CwdHashConfig } from "./config.ts";
import { CwdHashProcessor } from "./processor.ts";

/** Replaces the working directory by SHA-256(team salt ‖ directory). */
export const cwdHashFactory = defineProcessor({
  type: "cwd_hash",
  stability: "alpha",
  summary: "Replaces the working directory by a salted hash.",
  config: CwdHashConfig,
  create: (_settings, config) => new CwdHashProcessor(config),
  teamKey: (config) => new TextEncoder().encode(config.salt.reveal()),
});
