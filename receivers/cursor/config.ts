import * as z from "zod";
import { ScopeConfig } from "#component/scope.ts";
import { bytes } from "#config/bytes.ts";
import { duration } from "#config/duration.ts";

export const CursorConfig = z.strictObject({
  include: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "Patterns of the agent transcripts to follow; `~` is the home directory. By default every place where Cursor keeps them.",
    ),
  exclude: z.array(z.string().min(1)).default([]).describe("Patterns of transcripts that are not followed."),
  database: z
    .boolean()
    .default(true)
    .describe(
      "Whether Cursor's own database is read, too: it knows models, times, working directories and, in older versions, token counts.",
    ),
  hooks: z
    .boolean()
    .default(true)
    .describe(
      "Whether what the hooks of `talos cursor-hooks` record is read, too: it alone knows token counts since early 2026.",
    ),
  user_dir: z
    .string()
    .min(1)
    .optional()
    .describe("Cursor's `User` folder, which holds its databases. By default where this system keeps it."),
  scope: ScopeConfig.prefault({}),
  start_at: z
    .enum(["end", "beginning"])
    .default("end")
    .describe("`beginning` also reads what was written before this machine began to follow."),
  watch: z
    .enum(["auto", "events", "poll"])
    .default("auto")
    .describe(
      "How changes of transcripts are noticed. `auto` polls only where events do not work, such as network mounts.",
    ),
  poll_interval: duration().prefault("1s").describe("Time between two looks at transcripts when polling."),
  reconcile_interval: duration()
    .prefault("60s")
    .describe("Time between two full looks at every transcript, for changes that no event told of."),
  database_interval: duration()
    .prefault("10s")
    .describe("Time between two looks whether a database changed. One that did not is not opened."),
  max_line_size: bytes().prefault("64MiB").describe("Longer lines are counted and stepped over."),
  idle_timeout: duration()
    .prefault("60s")
    .describe("A request that nothing says is over is taken as complete after so long without news of it."),
});
export type CursorConfig = z.output<typeof CursorConfig>;
