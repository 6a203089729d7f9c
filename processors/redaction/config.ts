import * as z from "zod";
import { bytes } from "#config/bytes.ts";
import { duration } from "#config/duration.ts";

export const RedactionConfig = z.strictObject({
  mode: z
    .enum(["off"], { error: 'must be "off": the other modes are not available in this version' })
    .default("off")
    .describe("What may leave this machine: see docs/egress-contract.md."),
  max_text: bytes()
    .prefault("16MiB")
    .describe("Characters that a text may have. A longer one is not looked at for secrets, and is removed."),
  time_limit: duration()
    .prefault("30s")
    .describe("How long one text may be looked at for secrets. One that takes longer is removed."),
});
export type RedactionConfig = z.output<typeof RedactionConfig>;
