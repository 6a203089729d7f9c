import * as z from "zod";
import { AUDIT_ACTIONS } from "../audit.ts";
import { SCOPES } from "../role.ts";
import { ApiKeyId, Cursor, Moment, Name, page } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

export { AUDIT_ACTIONS, type AuditAction } from "../audit.ts";

const Entry = z.object({
  seq: z.int().positive(),
  at: Moment,
  actorKind: z.string(),
  actorId: z.string(),
  actorLabel: z.string(),
  action: z.string(),
  target: z.string(),
  /** A JSON object, exactly as it was hashed. */
  metadata: z.string(),
  /** SHA-256, 64 hex digits. */
  hash: z.string(),
});
const ApiKey = z.object({
  id: ApiKeyId,
  label: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdBy: z.string(),
  createdAt: Moment,
  usedAt: Moment.nullable(),
  expiresAt: Moment,
  state: z.enum(["active", "revoked", "expired"]),
});

/** The trail of what admins did, and the keys that programs read with. */
export const auditRoutes = defineRoutes({
  "GET /api/audit": {
    summary: "The trail, newest first, 100 a page.",
    access: { who: "member", role: "admin", scope: "audit:read" },
    query: z.strictObject({ cursor: Cursor.optional(), action: z.enum(AUDIT_ACTIONS).optional() }),
    answer: page("entries", Entry),
  },
  "GET /api/audit/check": {
    summary: "Recomputes a part of the trail's chain; ask again with `next` until it is null.",
    access: { who: "member", role: "admin", scope: "audit:read" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: z.object({
      checked: z.int().nonnegative(),
      /** The first entry that is not as it was written, or null. */
      broken: z.int().nullable(),
      next: z.string().nullable(),
      head: z.object({ seq: z.int().nonnegative(), hash: z.string() }),
    }),
  },
  "GET /api/audit/export": {
    summary: "The whole trail, oldest first, for `talos audit verify`.",
    access: { who: "member", role: "admin", scope: "audit:read" },
    query: z.strictObject({ format: z.enum(["ndjson", "csv"]).default("ndjson") }),
    streams: ["application/x-ndjson", "text/csv"],
  },
  "GET /api/export/usage": {
    summary: "Sums by day, developer, project, model and origin.",
    access: { who: "member", role: "manager", scope: "reports:read" },
    query: z.strictObject({
      from: z.iso.date(),
      to: z.iso.date(),
      format: z.enum(["ndjson", "csv"]).default("csv"),
    }),
    streams: ["application/x-ndjson", "text/csv"],
  },
  "GET /api/keys": {
    summary: "API keys, newest first, 100 a page. The keys themselves are nowhere.",
    access: { who: "member", role: "admin" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("keys", ApiKey),
  },
  "POST /api/keys": {
    summary: "Makes an API key, which is shown once. It may only read.",
    access: { who: "member", role: "admin" },
    body: z.strictObject({
      label: Name,
      scopes: z.array(z.enum(SCOPES)).min(1),
      expiresInDays: z.int().min(1).max(365).default(90),
    }),
    answer: z.object({ key: ApiKey, secret: z.string() }),
    refusals: { too_many_keys: 409 },
  },
  "DELETE /api/keys/:key": {
    summary: "Revokes an API key at once.",
    access: { who: "member", role: "admin" },
    params: z.object({ key: ApiKeyId }),
  },
});
