import * as z from "zod";
import { POLICY_SOURCES } from "#proto/agent-api.ts";
import { MODES } from "#proto/egress.ts";
import { AgentId, Moment } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Mode = z.enum(MODES);
const OwnMachine = z.object({
  id: AgentId,
  version: z.string(),
  seenAt: Moment.nullable(),
  /** As the machine said last; null before. */
  inForce: z.object({ mode: Mode, setBy: z.enum(POLICY_SOURCES) }).nullable(),
  accepted: z
    .object({
      mode: Mode,
      by: z.enum(["developer", "managed"]),
      acceptedAt: Moment,
      expiresAt: Moment,
      /** 0 keeps for ever. */
      retentionDays: z.int().nonnegative(),
      /** False where its time is over, the team keeps text longer now, or more would leave than was shown. */
      holds: z.boolean(),
    })
    .nullable(),
});

/** A member's own machines. Open to that member's own sign-in: no role and no key reads another's. */
export const ownMachineRoutes = defineRoutes({
  "GET /api/account/machines": {
    summary:
      "The machines that this member has linked: the mode in force, who set it, and what was accepted.",
    access: { who: "member", role: "viewer" },
    answer: z.object({
      machines: z.array(OwnMachine),
      /** What the team allows, and how long it keeps content and categories; 0 is for ever. */
      team: z.object({ mode: Mode, retentionDays: z.int().nonnegative() }),
    }),
  },
  "POST /api/account/machines": {
    summary:
      "Links a machine by the code that `talos account` printed there. It works once, for ten minutes.",
    access: { who: "member", role: "viewer" },
    body: z.strictObject({ code: z.string().min(1).max(100) }),
    refusals: { link_refused: 409, link_taken: 409, other_developer: 409 },
  },
  "DELETE /api/account/machines": {
    summary: "Unlinks all machines of this member.",
    access: { who: "member", role: "viewer" },
  },
});
