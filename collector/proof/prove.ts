import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Factory } from "#component/component.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { Planted } from "./canaries.ts";
import { recordHooks } from "./cursor-hooks.ts";
import { writeCursorHome } from "./cursor-session.ts";
import { type Judged, judge } from "./judge.ts";
import { runMode } from "./run-mode.ts";
import { NeedleIndex } from "./search.ts";
import { type Secret, writeHome } from "./session.ts";
import { StandIn } from "./stand-in.ts";

/** Longest that one mode may take. */
const PATIENCE_MS = 60_000;

export interface ProofOptions {
  components: readonly Factory[];
  /** Made anew for each proof. */
  secrets: readonly Secret[];
  signal: AbortSignal;
  /** A mode begins. */
  begins?: (mode: Mode) => void;
}

export interface Proof {
  planted: Planted;
  modes: Judged[];
  requests: number;
  bytes: number;
  files: number;
}

/**
 * Plants what must not leave in invented sessions of each tool, lets the whole collector run on it in each mode, and looks for it
 * in all that came out and in all that was left. Everything is on this computer, in a folder that is removed.
 */
export async function prove(options: ProofOptions): Promise<Proof> {
  const dir = mkdtempSync(path.join(tmpdir(), "talos-prove-"));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  // Also where a second Ctrl-C ends the process at once.
  process.once("exit", remove);
  const standIn = await StandIn.start();
  try {
    return await proveIn(dir, standIn, options);
  } finally {
    await standIn.close();
    remove();
    process.off("exit", remove);
  }
}

async function proveIn(dir: string, standIn: StandIn, options: ProofOptions): Promise<Proof> {
  const { components, secrets, begins } = options;
  const nowMs = Date.now();
  const planted = new Planted();
  const home = path.join(dir, "home");
  const invented = [
    writeHome(home, planted, { secrets, nowMs }),
    writeCursorHome(home, planted, { secrets, nowMs }),
  ];
  const hooks = await recordHooks(home, planted);
  const index = new NeedleIndex(planted.all.map(({ needle }) => needle));
  const proof: Proof = { planted, modes: [], requests: 0, bytes: 0, files: 0 };
  for (const mode of MODES) {
    begins?.(mode);
    const own = path.join(dir, mode);
    mkdirSync(own, { mode: 0o700 });
    const end = new AbortController();
    const abort = () => end.abort();
    options.signal.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(abort, PATIENCE_MS);
    try {
      const folders = { dir: own, home, hooks };
      const run = await runMode({ mode, ...folders, components, standIn, nowMs, signal: end.signal });
      options.signal.throwIfAborted();
      proof.modes.push(judge(run, { planted, index, invented }));
      proof.requests += run.requests.length;
      proof.bytes += run.requests.reduce((sum, { body }) => sum + body.length, 0);
      proof.files += run.files.size;
    } finally {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", abort);
    }
  }
  return proof;
}
