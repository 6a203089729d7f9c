import { expect, it } from "vitest";
import { describeExporterContract } from "#testkit/exporter-contract.ts";
import { otlpHttpFactory } from "./factory.ts";

// Nothing listens on port 1.
describeExporterContract(otlpHttpFactory, { endpoint: "http://127.0.0.1:1" });

it.each([
  ["foreign", false],
  ["talos", true],
] as const)("sends corrections to a %s destination: %s", (destination, corrections) => {
  const config = otlpHttpFactory.config.parse({ endpoint: "https://example.com", destination });
  expect(otlpHttpFactory.delivery(config)).toEqual({
    destination,
    corrections,
    grouping: "request",
    timing: "batched",
  });
});
