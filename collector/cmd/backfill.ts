import { randomBytes } from "node:crypto";
import type { Clock, Logger, Platform } from "#component/component.ts";
import { Admission } from "../service/admission.ts";
import type { BackfillRequest } from "../service/backfill-files.ts";
import { readInMemory } from "../service/memory-reader.ts";
import type { Plan } from "../service/plan.ts";
import { Usage, type UsageSum } from "./usage.ts";
import { compact, knownOf, number, usd } from "./usage-text.ts";

export interface Span {
  sinceMs: number;
  untilMs: number;
}

export interface Estimate {
  files: number;
  bytes: number;
  sum: UsageSum;
}

interface Machine {
  plan: Plan;
  platform: Platform;
  clock: Clock;
  log: Logger;
}

/** Counts in memory what a backfill would find, less what the user excludes or paused. */
export async function estimate({ plan, platform, clock, log }: Machine, span: Span): Promise<Estimate> {
  const now = () => clock.now();
  const admission = new Admission({ configDir: plan.configDir, home: platform, now, log });
  const usage = new Usage(platform.homeDir);
  const read = await readInMemory({
    receivers: plan.receivers,
    platform,
    clock,
    ...span,
    screen: ({ factory, config }, unit) => admission.screen(factory.scope?.(config))(unit),
    found: (key, record) => usage.add(key, record),
  });
  return { ...read, sum: usage.total };
}

export function backfillRequest(span: Span, to: string | undefined, { bytes }: Estimate): BackfillRequest {
  return { id: randomBytes(8).toString("hex"), ...span, to, totalBytes: bytes };
}

/** One sentence. */
export function estimateText({ files, sum }: Estimate): string {
  const { areCounted, arePriced } = knownOf(sum);
  const tokens = areCounted
    ? `${compact(sum.inputTokens + sum.outputTokens)} tokens`
    : "token counts not known";
  const prompts = sum.prompts === 0 ? [] : [counted(sum.prompts, "prompt")];
  const parts = [counted(files, "file"), counted(sum.requests, "request"), ...prompts, tokens];
  const without = sum.uncounted > 0 && areCounted ? ` (${number(sum.uncounted)} without token counts)` : "";
  return `${parts.join(", ")}, ${arePriced ? usd(sum.listValue) : "no known"} list value${without}`;
}

function counted(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? "" : "s"}`;
}
