import { defineExporter } from "#component/component.ts";
import { OtlpHttpConfig } from "./config.ts";
import { OtlpHttpExporter } from "./exporter.ts";

/** Sends records to any OTLP/HTTP address, the team's own backend among them. */
export const otlpHttpFactory = defineExporter({
  type: "otlp_http",
  stability: "alpha",
  summary: "Sends records over OTLP/HTTP to the team's backend, or to any other one.",
  config: OtlpHttpConfig,
  create: (settings, config) => new OtlpHttpExporter(settings, config),
  delivery: ({ destination }) => ({
    destination,
    corrections: destination === "talos",
    grouping: "request",
    timing: "batched",
  }),
});
