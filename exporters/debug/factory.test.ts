import { Writable } from "node:stream";
import { describeExporterContract } from "#testkit/exporter-contract.ts";
import { DebugExporter } from "./exporter.ts";
import { debugFactory } from "./factory.ts";

const closedPipe = () =>
  new Writable({
    write: (_text, _encoding, done) => done(Object.assign(new Error("canary-9b1f3e"), { code: "EPIPE" })),
  });

describeExporterContract(
  { ...debugFactory, create: (settings, config) => new DebugExporter(settings, config, closedPipe()) },
  { verbosity: "detailed" },
);
