import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { writePrivate } from "#state/private-file.ts";

const REQUEST = "backfill.json";
const PROGRESS = "backfill-progress.json";

const Request = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  since_ms: z.int(),
  until_ms: z.int(),
  to: z.string().nullable(),
  total_bytes: z.int().nonnegative(),
});

const Progress = z.strictObject({
  id: z.string(),
  state: z.enum(["reading", "queued", "delivered", "failed"]),
  bytes: z.int().nonnegative(),
  records: z.int().nonnegative(),
  waits_for: z.enum(["pause", "destination"]).nullable(),
  owed: z.boolean(),
});

/** What somebody asked for: kept until it is delivered, so that a killed collector goes on with it. */
export interface BackfillRequest {
  /** 16 hex digits, random. */
  id: string;
  /** Milliseconds since the Unix epoch, UTC: records from here on, and before there. */
  sinceMs: number;
  untilMs: number;
  /** The only destination that gets them; undefined for all. */
  to: string | undefined;
  /** Of the files that hold them, for the progress bar. */
  totalBytes: number;
}

export interface BackfillProgress {
  id: string;
  state: "reading" | "queued" | "delivered" | "failed";
  bytes: number;
  /** Records that were queued, for one destination or for several. */
  records: number;
  waitsFor: "pause" | "destination" | undefined;
  /** What `to` lacks was noted as owed: done once per request. */
  owed: boolean;
}

export function backfillRequestFile(stateDir: string): string {
  return path.join(stateDir, REQUEST);
}

/** What the collector is to bring, or is bringing. A damaged file asks for nothing. */
export function readBackfillRequest(stateDir: string): BackfillRequest | undefined {
  const parsed = Request.safeParse(read(backfillRequestFile(stateDir)));
  if (!parsed.success) return undefined;
  const { id, since_ms, until_ms, to, total_bytes } = parsed.data;
  return { id, sinceMs: since_ms, untilMs: until_ms, to: to ?? undefined, totalBytes: total_bytes };
}

export function writeBackfillRequest(stateDir: string, request: BackfillRequest): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { id, sinceMs, untilMs, to, totalBytes } = request;
  const stored = { id, since_ms: sinceMs, until_ms: untilMs, to: to ?? null, total_bytes: totalBytes };
  writePrivate(backfillRequestFile(stateDir), `${JSON.stringify(stored)}\n`);
}

export function removeBackfillRequest(stateDir: string): void {
  rmSync(backfillRequestFile(stateDir), { force: true });
}

export function readBackfillProgress(stateDir: string): BackfillProgress | undefined {
  const parsed = Progress.safeParse(read(path.join(stateDir, PROGRESS)));
  if (!parsed.success) return undefined;
  const { waits_for, ...rest } = parsed.data;
  return { ...rest, waitsFor: waits_for ?? undefined };
}

export function writeBackfillProgress(stateDir: string, progress: BackfillProgress): void {
  const { waitsFor, ...rest } = progress;
  writePrivate(
    path.join(stateDir, PROGRESS),
    `${JSON.stringify({ ...rest, waits_for: waitsFor ?? null })}\n`,
  );
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
