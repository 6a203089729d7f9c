import * as z from "zod";
import {
  AGENT_COUNTERS,
  type AgentStatus,
  type EnrolAnswer,
  type EnrolRequest,
  type LinkAnswer,
  type NonceAnswer,
  type RotateAnswer,
  type SignedConfig,
  type SignedConsent,
  type UnenrolRequest,
} from "#proto/agent-api.ts";
import { CONSENT_FIELDS, ENROL_FIELDS, STATUS_FIELDS } from "#proto/egress-agent.ts";
import { AgentId, DeveloperId, Moment } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Enrol = z.strictObject({
  token: z.string().regex(ENROL_FIELDS.token.value),
  publicKey: z.string().regex(ENROL_FIELDS.publicKey.value),
  grouping: z.string().regex(ENROL_FIELDS.grouping.value).exactOptional(),
  version: z.string().regex(ENROL_FIELDS.version.value),
}) satisfies z.ZodType<EnrolRequest>;

const Config = z.object({
  payload: z.string(),
  signature: z.string(),
  key: z.string(),
}) satisfies z.ZodType<SignedConfig>;

const Enrolled = z.object({
  agentToken: z.string(),
  agent: AgentId,
  team: z.object({ id: z.string(), name: z.string() }),
  developer: z.object({ id: DeveloperId, label: z.string() }),
  salt: z.string().exactOptional(),
  config: Config,
}) satisfies z.ZodType<EnrolAnswer>;

const Status = z.strictObject({
  version: z.string().regex(STATUS_FIELDS.version.value),
  policySource: z.enum(STATUS_FIELDS.policySource.value),
  mode: z.enum(STATUS_FIELDS.mode.value),
  groups: z.array(z.string().regex(STATUS_FIELDS.groups.value)).max(5).exactOptional(),
  counters: z.partialRecord(z.enum(AGENT_COUNTERS), z.int().nonnegative()),
}) satisfies z.ZodType<AgentStatus>;

/** What a machine calls: see proto/agent-api.ts. Records go to POST /v1/logs, which is OTLP and not in this table. */
export const machineRoutes = defineRoutes({
  "POST /v1/enroll": {
    summary: "Exchanges an enrolment token for an agent token, which is shown once.",
    access: { who: "anyone", browser: false },
    body: Enrol,
    answer: Enrolled,
    refusals: { enrolment_refused: 401, rate_limited: 429 },
  },
  "GET /v1/agent/config": {
    summary: "The team's configuration for this machine, signed, with an ETag.",
    access: { who: "agent" },
    answer: Config,
  },
  "POST /v1/agent/status": {
    summary: "What is in force on the machine, and its counters.",
    access: { who: "agent" },
    body: Status,
  },
  "POST /v1/agent/token": {
    summary: "A new agent token. The old one lives until the new one is first used, and at most a day.",
    access: { who: "agent" },
    answer: z.object({ agentToken: z.string() }) satisfies z.ZodType<RotateAnswer>,
    refusals: { rate_limited: 429 },
  },
  "POST /v1/agent/consent/nonce": {
    summary: "A number that the next acceptance must hold, within ten minutes.",
    access: { who: "agent" },
    answer: z.object({ nonce: z.string() }) satisfies z.ZodType<NonceAnswer>,
  },
  "POST /v1/agent/consent": {
    summary: "What the developer accepts on this machine, signed by its key.",
    access: { who: "agent" },
    body: z.strictObject({
      payload: z.string().max(4_000).regex(CONSENT_FIELDS.payload.value),
      signature: z.string().regex(CONSENT_FIELDS.signature.value),
    }) satisfies z.ZodType<SignedConsent>,
    refusals: { consent_refused: 409 },
  },
  "POST /v1/agent/consent/withdraw": {
    summary: "Takes back what was accepted on this machine.",
    access: { who: "agent" },
  },
  "POST /v1/agent/link": {
    summary: "A code by which a member of the team shows this machine on their own account page, once.",
    access: { who: "agent" },
    answer: z.object({
      code: z.string(),
      expiresAt: Moment,
      page: z.string(),
      linked: z.boolean(),
    }) satisfies z.ZodType<LinkAnswer>,
    refusals: { rate_limited: 429 },
  },
  "POST /v1/agent/unlink": {
    summary: "No account page shows the machines of this person any more.",
    access: { who: "agent" },
  },
  "POST /v1/agent/unenroll": {
    summary:
      "Ends this installation and, where it asks for it and is the person's first, erases its developer's data.",
    access: { who: "agent" },
    body: z.strictObject({ erase: z.boolean() }) satisfies z.ZodType<UnenrolRequest>,
    refusals: { not_first_machine: 409 },
  },
});
