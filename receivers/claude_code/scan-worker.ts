/** A thread that scans files. Rows of numbers and a table of ids go back; text never leaves it. */
import { parentPort } from "node:worker_threads";
import { FileScanner, type ScanJob } from "./scan-file.ts";

const scanner = new FileScanner();

parentPort?.on("message", (jobs: ScanJob[]) => {
  const reports = jobs.map((job) => scanner.scan(job));
  const data = scanner.writer.take();
  parentPort?.postMessage({ reports, data }, [data.rows.buffer]);
});
