import * as z from "zod";
import { AgentId, Cursor, DeveloperId, EnrolmentTokenId, Label, Moment, page } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Agent = z.object({
  id: AgentId,
  developer: z.object({ id: DeveloperId, label: z.string() }),
  version: z.string(),
  /** `managed` where a managed policy is in force, `unmanaged` otherwise, "" while not known. */
  policySource: z.enum(["", "managed", "unmanaged"]),
  createdAt: Moment,
  seenAt: Moment.nullable(),
  revokedAt: Moment.nullable(),
  counters: z.record(z.string(), z.number()),
});
const EnrolmentToken = z.object({
  id: EnrolmentTokenId,
  kind: z.enum(["person", "bulk"]),
  label: z.string(),
  developer: z.object({ id: DeveloperId, label: z.string() }).nullable(),
  uses: z.int().nonnegative(),
  maxUses: z.int().positive(),
  createdBy: z.string(),
  createdAt: Moment,
  expiresAt: Moment,
  state: z.enum(["open", "used_up", "revoked", "expired"]),
});
const NewToken = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("person"),
    label: Label.default(""),
    /** An existing developer's further machine; absent for a new developer. */
    developer: DeveloperId.optional(),
    /** Real name of a new developer, which is seen only while the team shows names. */
    name: Label.default(""),
    expiresInDays: z.int().min(1).max(30).default(7),
  }),
  z.strictObject({
    kind: z.literal("bulk"),
    label: Label.default(""),
    maxUses: z.int().min(1).max(10_000),
    expiresInDays: z.int().min(1).max(365).default(30),
  }),
]);
const TokenPath = z.object({ token: EnrolmentTokenId });
const AgentPath = z.object({ agent: AgentId });

/** Machines, and how they get in. What machines call is in machine.ts. */
export const agentRoutes = defineRoutes({
  "GET /api/agents": {
    summary: "Installations, newest first, 100 a page. Modes in force are never shown with them.",
    access: { who: "member", role: "manager", scope: "team:read" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("agents", Agent),
  },
  "GET /api/agents/modes": {
    summary: "How many installations run in each mode; null while they belong to fewer than five developers.",
    access: { who: "member", role: "manager" },
    answer: z.object({
      total: z.int().nonnegative(),
      modes: z
        .object({
          off: z.int(),
          categorize_local: z.int(),
          categorize_cloud: z.int(),
          full: z.int(),
        })
        .nullable(),
    }),
  },
  "DELETE /api/agents/:agent": {
    summary: "Revokes an installation at once: nothing that it sends is taken any more.",
    access: { who: "member", role: "admin" },
    params: AgentPath,
  },
  "GET /api/enrolment-tokens": {
    summary: "Enrolment tokens, newest first, 100 a page. The tokens themselves are nowhere.",
    access: { who: "member", role: "admin" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("tokens", EnrolmentToken),
  },
  "POST /api/enrolment-tokens": {
    summary: "Makes an enrolment token, which is shown once.",
    access: { who: "member", role: "admin" },
    body: NewToken,
    answer: z.object({ token: EnrolmentToken, secret: z.string() }),
    refusals: { unknown_developer: 404, too_many_tokens: 409 },
  },
  "DELETE /api/enrolment-tokens/:token": {
    summary: "Makes an enrolment token worth nothing. Who enrolled by it stays.",
    access: { who: "member", role: "admin" },
    params: TokenPath,
  },
});
