import { describeExporterContract } from "#testkit/exporter-contract.ts";
import { fileFactory } from "./factory.ts";

// A file where the folder should be.
describeExporterContract(fileFactory, { path: `${import.meta.filename}/out.jsonl` });
