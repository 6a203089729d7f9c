import * as z from "zod";

export const DebugConfig = z.strictObject({
  verbosity: z
    .enum(["basic", "normal", "detailed"])
    .default("basic")
    .describe("`basic`: a line a request. `normal`: a line a record. `detailed`: every attribute too."),
});

export type DebugConfig = z.output<typeof DebugConfig>;
