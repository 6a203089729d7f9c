import * as z from "zod";

export const RedactionConfig = z.strictObject({
  mode: z
    .enum(["off"], { error: 'must be "off": the other modes are not available in this version' })
    .default("off")
    .describe("What may leave this machine: see docs/egress-contract.md."),
});
export type RedactionConfig = z.output<typeof RedactionConfig>;
