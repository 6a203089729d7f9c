import * as z from "zod";
import { bytes } from "#config/bytes.ts";
import { duration } from "#config/duration.ts";
import { MODES } from "#proto/egress.ts";

export const RedactionConfig = z.strictObject({
  mode: z
    .enum(MODES)
    .default("off")
    .describe(
      "What may leave this machine, at most: see docs/egress-contract.md. In force is the strictest of this, managed policy, the team's and what was accepted with `talos consent`.",
    ),
  max_text: bytes()
    .prefault("16MiB")
    .describe("Characters that a text may have. A longer one is not looked at for secrets, and is removed."),
  time_limit: duration()
    .prefault("30s")
    .describe("How long one text may be looked at for secrets. One that takes longer is removed."),
});
export type RedactionConfig = z.output<typeof RedactionConfig>;
