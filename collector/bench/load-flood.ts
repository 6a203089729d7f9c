import { once } from "node:events";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import { LOST } from "./load-batch.ts";
import type { Sample } from "./load-agent.ts";
import type { LoadMachine } from "./load-teams.ts";

export const RECORDS = 1_000;
export const EVERY_MS = 200;
/** After the first refusal, until what was taken before it is stored. */
const SETTLED_MS = 3_000;
export const FlooderData = z.object({ url: z.string(), token: z.string() });

/**
 * Where the flood goes: nowhere; to the Workers while they take it, and otherwise to a server that refuses everything at
 * once; to the Workers. What the Workers take is the same both times.
 */
export const TARGETS = ["none", "control", "workers"] as const;
export type Target = (typeof TARGETS)[number];
export const Told = z.enum([...TARGETS, "end"]);
const Answered = z.object({ to: z.enum(TARGETS), status: z.int(), uids: z.array(z.string()) });

interface Part {
  target: Target;
  /** By `performance.now()`; infinite before the first refusal. */
  fromMs: number;
  toMs: number;
}

/** One machine that sends far more than its team may, from a thread of its own. */
export class Flood {
  readonly machine: LoadMachine;
  readonly acknowledged = new Set<string>();
  /** Of records whose answer got lost, and that were not acknowledged later. */
  readonly uncertain = new Set<string>();
  readonly requests = { none: 0, control: 0, workers: 0 };
  readonly taken = { none: 0, control: 0, workers: 0 };
  lost = 0;
  readonly #parts: Part[] = [];
  readonly #worker: Worker;
  #failure: Error | undefined;

  constructor(url: string, machine: LoadMachine) {
    this.machine = machine;
    const workerData: z.input<typeof FlooderData> = { url, token: machine.token };
    this.#worker = new Worker(new URL("load-flooder.ts", import.meta.url), { workerData });
    this.#worker.on("message", (message) => this.#answered(Answered.parse(message)));
    this.#worker.on("error", (error: Error) => (this.#failure = error));
  }

  turnTo(target: Target): void {
    this.check();
    const nowMs = performance.now();
    const last = this.#parts.at(-1);
    if (last !== undefined) last.toMs = nowMs;
    this.#parts.push({ target, fromMs: target === "none" ? nowMs : Infinity, toMs: Infinity });
    this.#worker.postMessage(target);
  }

  /** Throws what went wrong in the thread. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Those that were sent while the flood went there and was refused. */
  samplesBeside(target: Target, samples: readonly Sample[]): Sample[] {
    const parts = this.#parts.filter((part) => part.target === target);
    return samples.filter(({ atMs }) => parts.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs));
  }

  async end(): Promise<void> {
    const ended = once(this.#worker, "exit");
    this.turnTo("none");
    this.#worker.postMessage("end" satisfies z.output<typeof Told>);
    await ended;
    this.check();
  }

  #answered({ to, status, uids }: z.output<typeof Answered>): void {
    this.requests[to] += 1;
    if (status === 429) this.#refused(to);
    else if (status === 200) this.taken[to] += 1;
    else if (status === LOST) this.lost += 1;
    else this.#failure = new Error(`too many events were answered ${status}`);
    for (const uid of uids) {
      (status === LOST ? this.uncertain : this.acknowledged).add(uid);
    }
  }

  #refused(to: Target): void {
    const part = this.#parts.at(-1);
    if (part?.target === to) part.fromMs = Math.min(part.fromMs, performance.now() + SETTLED_MS);
  }
}
