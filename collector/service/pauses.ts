import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { writePrivate } from "#state/private-file.ts";

const FILE = "pauses.json";
/** Read again by the collector about every second, so it stays small. */
const MAX_PAUSES = 500;

const Pause = z.strictObject({ from_ms: z.int(), until_ms: z.int().nullable() });
const PausesFile = z.strictObject({ pauses: z.array(Pause) });

/** A time in which nothing was followed, in milliseconds since the Unix epoch, UTC. */
export interface Pause {
  fromMs: number;
  /** Infinity until somebody ends it. */
  untilMs: number;
}

export class PausesError extends Error {
  override readonly name = "PausesError";
}

export function pausesFile(configDir: string): string {
  return path.join(configDir, FILE);
}

/** Every pause there was, in order, and the present one. Throws PausesError. */
export function readPauses(configDir: string): Pause[] {
  let text: string;
  try {
    text = readFileSync(pausesFile(configDir), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new PausesError(
      `${FILE} cannot be read; make it readable, or \`talos resume\` will not know of pauses`,
    );
  }
  const parsed = PausesFile.safeParse(json(text));
  if (!parsed.success) {
    throw new PausesError(`${FILE} is damaged: delete it, and pauses before now are forgotten`);
  }
  return parsed.data.pauses.map(({ from_ms, until_ms }) => ({
    fromMs: from_ms,
    untilMs: until_ms ?? Infinity,
  }));
}

export function writePauses(configDir: string, pauses: readonly Pause[]): void {
  mkdirSync(configDir, { recursive: true, mode: 0o700 });
  const stored = bounded(pauses).map(({ fromMs, untilMs }) => ({
    from_ms: Math.trunc(fromMs),
    until_ms: untilMs === Infinity ? null : Math.trunc(untilMs),
  }));
  writePrivate(pausesFile(configDir), `${JSON.stringify({ pauses: stored })}\n`);
}

/** The oldest are joined, so that nothing of a pause is ever read because there were many. */
function bounded(pauses: readonly Pause[]): readonly Pause[] {
  const extra = pauses.length - MAX_PAUSES;
  const [first, last] = [pauses[0], pauses[extra]];
  if (extra <= 0 || first === undefined || last === undefined) return pauses;
  return [{ fromMs: first.fromMs, untilMs: last.untilMs }, ...pauses.slice(extra + 1)];
}

/** The pause that `nowMs` is in. */
export function pauseAt(pauses: readonly Pause[], nowMs: number): Pause | undefined {
  return pauses.findLast(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs);
}

/** Begins a pause, or gives the present one another end. */
export function paused(pauses: readonly Pause[], nowMs: number, untilMs: number): Pause[] {
  const current = pauseAt(pauses, nowMs);
  if (current === undefined) return [...pauses, { fromMs: nowMs, untilMs }];
  return pauses.map((pause) => (pause === current ? { ...pause, untilMs } : pause));
}

/** Ends the present pause. With `catchUp`, as if it, or else the last one, had never been. */
export function resumed(pauses: readonly Pause[], nowMs: number, catchUp: boolean): Pause[] {
  const current = pauseAt(pauses, nowMs);
  if (catchUp) return pauses.filter((pause) => pause !== (current ?? pauses.at(-1)));
  return pauses.map((pause) => (pause === current ? { ...pause, untilMs: nowMs } : pause));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
