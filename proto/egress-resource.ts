/** The part of the egress contract that is sent once per request: who sends, and in which mode. */
import type { AttributeRule } from "./attribute-rule.ts";
import { exception, hex, MODES, oneOf, version } from "./attribute-rule.ts";

export const RESOURCE: readonly AttributeRule[] = [
  exception({
    name: "service.name",
    ...oneOf(["talos-auditor"]),
    required: true,
    meaning: "Always `talos-auditor`.",
    reason: "Names this program as the sender.",
  }),
  exception({
    name: "service.version",
    ...version(),
    required: true,
    meaning: "This program's version.",
    reason: "Tells which version's records may need a correction.",
  }),
  exception({
    name: "service.instance.id",
    ...hex(32),
    meaning: "Random, made at enrolment: an installation, not a person or a machine.",
    reason: "Tells a team's installations apart.",
  }),
  exception({
    name: "talos.privacy.mode",
    ...oneOf(MODES),
    required: true,
    meaning: "The privacy mode that was applied to the records.",
    reason: "The server checks the records against it.",
  }),
];

/** Scopes are receivers. */
export const SCOPE_NAMES = ["talos.receiver.claude_code", "talos.receiver.cursor"] as const;

/** The scope's version is the receiver's. */
export const SCOPE_VERSION = exception({
  name: "scope.version",
  ...version(),
  meaning: "The receiver's version.",
  reason: "Tells which version's records may need a correction.",
});
