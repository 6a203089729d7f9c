import * as z from "zod";
import { ScopeConfig } from "#component/scope.ts";
import { bytes } from "#config/bytes.ts";
import { duration } from "#config/duration.ts";

export const ClaudeCodeConfig = z.strictObject({
  include: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "Patterns of the transcripts to follow; `~` is the home directory. By default every place where Claude Code keeps them.",
    ),
  exclude: z.array(z.string().min(1)).default([]).describe("Patterns of files that are not followed."),
  scope: ScopeConfig.prefault({}),
  start_at: z
    .enum(["end", "beginning"])
    .default("end")
    .describe("`beginning` also reads what was written before this machine began to follow."),
  watch: z
    .enum(["auto", "events", "poll"])
    .default("auto")
    .describe("How changes are noticed. `auto` polls only where events do not work, such as network mounts."),
  poll_interval: duration().prefault("1s").describe("Time between two looks when polling."),
  reconcile_interval: duration()
    .prefault("60s")
    .describe("Time between two full looks at every file, for changes that no event told of."),
  max_line_size: bytes().prefault("64MiB").describe("Longer lines are counted and stepped over."),
  idle_timeout: duration()
    .prefault("30s")
    .describe("A request without a `stop_reason` is sent as partial after so long without a line."),
  final_delay: duration()
    .prefault("2s")
    .describe("A request with a `stop_reason` is final after so long, or when another record follows."),
});
export type ClaudeCodeConfig = z.output<typeof ClaudeCodeConfig>;
