import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

export const PROJECT: string = path.resolve(import.meta.dirname, "../..");

/** The collector as `npm run talos` starts it. */
export const TALOS: readonly string[] = [
  "-r",
  path.join(PROJECT, "collector/cmd/node-version.cjs"),
  path.join(PROJECT, "collector/cmd/main.ts"),
];

export interface Run {
  status: number | null;
  /** From before the process is started to after its end. */
  ms: number;
  stdout: string;
}

export async function runTimed(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const begun = performance.now();
  const child = spawn(file, args, {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { status, ms: performance.now() - begun, stdout };
}

/** What a process has used so far. */
export interface Usage {
  cpuMs: number;
  residentBytes: number;
  /** What of it are pages of files, such as the code of Node: every process of the same program shares them. */
  sharedBytes: number;
  /** How often its threads gave up the core because they had nothing to do. */
  waits: number;
}

/** Linux counts time in ticks of 10 ms, on every machine it is compiled for. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

/** Undefined where the system has no `/proc`. */
export function usageOf(pid: number): Usage | undefined {
  if (os.platform() !== "linux") return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may hold spaces: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return {
    cpuMs: ticks * MS_PER_TICK,
    residentBytes: Number(resident) * PAGE_BYTES,
    sharedBytes: Number(shared) * PAGE_BYTES,
    waits: waitsOf(pid),
  };
}

function waitsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8"))
    .reduce((sum, status) => sum + Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0), 0);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
