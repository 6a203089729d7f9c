/**
 * The part of the egress contract that binds what an enrolled machine sends to its team's backend besides records. Both
 * sides check by it: a field that it does not name is not sent, and a request that holds one is refused.
 */
import {
  AGENT_COUNTERS,
  type AgentStatus,
  type EnrolRequest,
  POLICY_SOURCES,
  type SignedConsent,
  type UnenrolRequest,
} from "./agent-api.ts";
import { MODES } from "./attribute-rule.ts";
import { LEDGER_HEADER, LEDGER_VALUE } from "./receipt.ts";

export interface AgentField {
  /** Closed list, or what it looks like. */
  value: readonly string[] | RegExp | "flag" | "counts" | "text";
  meaning: string;
}

/** 32 bytes, base64url. */
const BYTES_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const VERSION = /^\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[\w.]{1,30})?$/;

/** A word or a few: letters, digits, and what stands between them. */
const GROUP_NAME = /^[\p{L}\p{N}][\p{L}\p{N} .,&+/_-]{0,59}$/u;

/** POST /v1/enroll, once. */
export const ENROL_FIELDS = {
  token: {
    value: /^te[pb]_[A-Za-z0-9_-]{43}$/,
    meaning: "The enrolment token without what the machine keeps of it.",
  },
  publicKey: {
    value: BYTES_32,
    meaning:
      "Public half of a key made here, which signs what the developer accepts. The private half never leaves.",
  },
  grouping: {
    value: /^[0-9a-f]{64}$/,
    meaning:
      "Only with a token for many: HMAC-SHA-256 of the login, keyed by the token, so that one person's machines are one developer. The login itself is not sent, but whoever has the key, as the server does, could test a guess.",
  },
  version: { value: VERSION, meaning: "This program's version." },
} as const satisfies Record<keyof EnrolRequest, AgentField>;

/** POST /v1/agent/status, each few minutes. */
export const STATUS_FIELDS = {
  version: { value: VERSION, meaning: "This program's version." },
  policySource: {
    value: POLICY_SOURCES,
    meaning: "Who set the mode in force. The team's managers see only whether it was a managed policy.",
  },
  mode: {
    value: MODES,
    meaning: "The mode in force. The team sees only how many machines run in each, from five developers on.",
  },
  groups: {
    value: GROUP_NAME,
    meaning:
      "Groups of developers that this machine's managed policy names, at most five. Nobody but the organisation can set them.",
  },
  counters: {
    value: "counts",
    meaning: `Whole numbers, by the names ${AGENT_COUNTERS.map((name) => `\`${name}\``).join(", ")}: records since enrolment.`,
  },
} as const satisfies Record<keyof AgentStatus, AgentField>;

/** POST /v1/agent/consent, when the developer accepts a mode. */
export const CONSENT_FIELDS = {
  payload: {
    value: /^(?:[A-Za-z0-9_-]{4})+(?:[A-Za-z0-9_-]{2,3})?$/,
    meaning:
      "What is accepted: ids of team, developer and machine, mode, retention, hash of the contract, when and until when, a number of the server's.",
  },
  signature: { value: /^[A-Za-z0-9_-]{86}$/, meaning: "Made with this machine's key." },
} as const satisfies Record<keyof SignedConsent, AgentField>;

/** POST /v1/categorize, for one prompt at a time. No record holds the text in `categorize_cloud`. */
export const CATEGORIZE_FIELDS = {
  prompt: {
    value: "text",
    meaning:
      "Only in `categorize_cloud` and `full`, after the developer accepted it on this machine: one prompt, secrets replaced; of a long one its first 4,000 and last 1,500 characters. The server hands it to the model and stores, queues and logs nothing of it.",
  },
} as const satisfies Record<string, AgentField>;

/** With records and prompts, to the team's own backend and to nobody else. */
export const HEADER_FIELDS = {
  [LEDGER_HEADER]: {
    value: LEDGER_VALUE,
    meaning:
      "A random number, and the hash of all that this machine has written down of what left it. The backend signs both with what it received: a receipt.",
  },
} as const satisfies Record<string, AgentField>;

/** POST /v1/agent/unenroll, once. */
export const UNENROL_FIELDS = {
  erase: { value: "flag", meaning: "Whether this developer's data is to be erased." },
} as const satisfies Record<keyof UnenrolRequest, AgentField>;
