/** A thread that reads databases, so that a slow disk holds up nothing else. */
import { parentPort } from "node:worker_threads";
import { type Job, run } from "./job.ts";

parentPort?.on("message", ({ number, job }: { number: number; job: Job }) => {
  parentPort?.postMessage({ number, answer: run(job) });
});
