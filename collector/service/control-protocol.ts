import { createHash } from "node:crypto";
import path from "node:path";
import * as z from "zod";
import type { Platform } from "#component/component.ts";

/** A later, incompatible protocol gets another number; both sides refuse what they do not speak. */
export const CONTROL_VERSION = 1;
/** Longest line that is sent to the collector. */
export const MAX_REQUEST_BYTES = 4_096;
/** What the shortest of the systems takes as the name of a socket. */
const MAX_PATH_BYTES = 103;
const SOCKET_FILE = "control.sock";

/** What may be asked. Every request only reads. */
export const ControlRequest = z.discriminatedUnion("request", [
  z.strictObject({ v: z.number(), request: z.literal("snapshot") }),
  z.strictObject({ v: z.number(), request: z.literal("points") }),
  z.strictObject({ v: z.number(), request: z.literal("ledger") }),
  z.strictObject({
    v: z.number(),
    request: z.literal("tap"),
    point: z.string().max(200),
    pipeline: z.string().max(100).optional(),
  }),
]);
export type ControlRequest = z.output<typeof ControlRequest>;

/** What only the process itself knows. Everything else is in `state.db`. */
export const Snapshot = z.object({
  version: z.string(),
  pid: z.number(),
  uptimeMs: z.number(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** Microseconds of all cores, since the process began. */
  cpuMicros: z.number(),
  recent: z.array(
    z.object({
      atMs: z.number(),
      level: z.enum(["info", "warn", "error"]),
      message: z.string(),
      fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
  ),
});
export type Snapshot = z.output<typeof Snapshot>;

export const ControlAnswer = z.object({
  v: z.number(),
  snapshot: Snapshot.optional(),
  points: z
    .array(z.object({ pipeline: z.string(), point: z.string(), refused: z.string().optional() }))
    .optional(),
  tapping: z.string().optional(),
  /** Opens the ledger whose key is in memory alone; absent where it has another, or none. */
  ledger: z.string().optional(),
  /** One request as OTLP/JSON. */
  records: z.unknown().optional(),
  /** Records that were not shown, because nobody read fast enough. */
  missed: z.number().optional(),
  error: z.enum(["malformed", "version", "refused", "busy"]).optional(),
  message: z.string().optional(),
});
export type ControlAnswer = z.output<typeof ControlAnswer>;

/** Where the collector of a state folder listens; undefined where the folder's name is too long for a socket. */
export function controlAddress(dir: string, os: Platform["os"]): string | undefined {
  if (os === "win32") {
    const id = createHash("sha256").update(path.win32.resolve(dir).toLowerCase()).digest("hex").slice(0, 32);
    return `\\\\.\\pipe\\talos-auditor-${id}`;
  }
  const file = path.join(path.resolve(dir), SOCKET_FILE);
  return Buffer.byteLength(file) > MAX_PATH_BYTES ? undefined : file;
}
