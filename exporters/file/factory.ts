import { defineExporter } from "#component/component.ts";
import { FileConfig } from "./config.ts";
import { FileExporter } from "./exporter.ts";

/** Appends records to a file on this computer. */
export const fileFactory = defineExporter({
  type: "file",
  stability: "alpha",
  summary: "Appends records to a file on this computer, as OTLP JSON lines.",
  config: FileConfig,
  create: (settings, config) => new FileExporter(settings, config),
  delivery: () => ({ destination: "foreign", corrections: true, grouping: "batch", timing: "immediate" }),
});
