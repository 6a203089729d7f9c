import { defineExporter } from "#component/component.ts";
import { DebugConfig } from "./config.ts";
import { DebugExporter } from "./exporter.ts";

/** Shows on standard output what would leave. */
export const debugFactory = defineExporter({
  type: "debug",
  stability: "alpha",
  summary: "Writes what it is given to standard output.",
  config: DebugConfig,
  create: (settings, config) => new DebugExporter(settings, config),
  delivery: () => ({ destination: "foreign", corrections: true, grouping: "batch", timing: "immediate" }),
});
