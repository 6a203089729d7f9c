import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Clock } from "#component/component.ts";
import { secureFolder } from "./database.ts";
import { StateError, stateError } from "./errors.ts";
import { writePrivate } from "./private-file.ts";

const FILE = "first-start.json";

const FirstStartFile = z.object({
  first_start_ms: z.int().nonnegative(),
  instance_id: z.string().regex(/^[0-9a-f]{32}$/),
});

export interface FirstStart {
  /** Milliseconds since the Unix epoch, UTC, when this machine began to follow. */
  firstStartMs: number;
  /** 32 hex digits, random: `service.instance.id`. */
  instanceId: string;
  /** True when this call wrote it. */
  created: boolean;
}

/** Kept apart from the state, so that it survives a lost `state.db`. */
export function readOrCreateFirstStart(configDir: string, clock: Pick<Clock, "now">): FirstStart {
  const path = join(configDir, FILE);
  try {
    secureFolder(configDir);
    if (existsSync(path)) return { ...parse(readFileSync(path, "utf8")), created: false };
    const firstStartMs = Math.trunc(clock.now());
    const instanceId = randomBytes(16).toString("hex");
    writePrivate(path, textOf(firstStartMs, instanceId));
    return { firstStartMs, instanceId, created: true };
  } catch (error) {
    throw stateError(error, FILE);
  }
}

/** Undefined on a machine that has not begun to follow, or whose file is damaged. Writes nothing. */
export function readFirstStart(configDir: string): Omit<FirstStart, "created"> | undefined {
  try {
    return parse(readFileSync(join(configDir, FILE), "utf8"));
  } catch {
    return undefined;
  }
}

/** Puts back what was deleted while this machine followed: a later moment would turn what came since into history. */
export function keepFirstStart(configDir: string, { firstStartMs, instanceId }: FirstStart): void {
  const path = join(configDir, FILE);
  if (existsSync(path)) return;
  secureFolder(configDir);
  writePrivate(path, textOf(firstStartMs, instanceId));
}

function textOf(firstStartMs: number, instanceId: string): string {
  return `${JSON.stringify({ first_start_ms: firstStartMs, instance_id: instanceId })}\n`;
}

/** A damaged file is not replaced: a later moment would silently turn everything since the first into history. */
function parse(text: string): Omit<FirstStart, "created"> {
  const parsed = FirstStartFile.safeParse(json(text));
  if (!parsed.success) {
    throw new StateError("invalid", `${FILE} cannot be read: delete it to begin to follow from now`);
  }
  return { firstStartMs: parsed.data.first_start_ms, instanceId: parsed.data.instance_id };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
