import * as z from "zod";
import {
  AGENT_COUNTERS,
  type AgentStatus,
  type EnrolAnswer,
  type EnrolRequest,
  POLICY_SOURCES,
  type RotateAnswer,
  type SignedConfig,
  type UnenrolRequest,
} from "#proto/agent-api.ts";
import { MODES } from "#proto/egress.ts";
import { AgentId, DeveloperId } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

/** 32 bytes, base64url. */
const Bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
const Version = z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[\w.]{1,30})?$/);

const Enrol = z.strictObject({
  token: z.string().regex(/^te[pb]_[A-Za-z0-9_-]{43}$/),
  publicKey: Bytes32,
  grouping: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
  version: Version,
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
  version: Version,
  policySource: z.enum(POLICY_SOURCES),
  mode: z.enum(MODES),
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
  },
  "POST /v1/agent/unenroll": {
    summary: "Ends this installation and, where it asks for it, erases its developer's data.",
    access: { who: "agent" },
    body: z.strictObject({ erase: z.boolean() }) satisfies z.ZodType<UnenrolRequest>,
  },
});
