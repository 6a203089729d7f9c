/** A thread that scans files. Rows of numbers and a table of ids go back; text never leaves it. */
import { parentPort } from "node:worker_threads";
import { FileScanner, scanChunk } from "./scan-file.ts";
import type { ScanWork } from "./scan-pool.ts";
import { ScanTurns } from "./scan-turns.ts";

const scanner = new FileScanner();

parentPort?.on("message", ({ chunks, memory }: ScanWork) => {
  const turns = new ScanTurns(chunks.length, memory);
  for (let chunk = turns.next(); chunk !== undefined; chunk = turns.next()) {
    const result = scanChunk(scanner, chunks[chunk] ?? []);
    parentPort?.postMessage({ chunk, result }, [result.data.rows.buffer]);
  }
});
