import type { Actor } from "./actor.ts";

/** What is kept a trail of. Add an action here first. */
export const AUDIT_ACTIONS = [
  "sign_in",
  "sign_in.copied",
  "sign_out_everywhere",
  "member.invite",
  "member.invite_revoke",
  "member.join",
  "member.role",
  "member.label",
  "member.remove",
  "team.create",
  "team.update",
  "team.delete",
  "team.mode",
  "team.visibility",
  "team.retention",
  "team.salt_policy",
  "developer.label",
  "developer.unmask",
  "developer.erase",
  "project.label",
  "group.create",
  "group.update",
  "group.delete",
  "enrolment_token.create",
  "enrolment_token.revoke",
  "enrolment_token.refused",
  "agent.enrol",
  "agent.rotate",
  "agent.revoke",
  "agent.unenrol",
  "machine.link",
  "machine.unlink",
  "api_key.create",
  "api_key.revoke",
  "export",
  "content.read",
  "consent.accept",
  "consent.withdraw",
  "keys.rotate",
  "webhook.refused",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Numbers, flags and words of ours; never text that a developer wrote, never a secret. */
export type AuditMetadata = Record<string, string | number | boolean>;

export interface AuditActor {
  kind: "member" | "api_key" | "agent" | "system";
  /** Public id; "" for the system. */
  id: string;
  /** As it is called now. */
  label: string;
}

export interface AuditEntry {
  actor: AuditActor;
  action: AuditAction;
  /** Public id of what it is done to. */
  target?: string;
  metadata?: AuditMetadata;
}

export const SYSTEM: AuditActor = { kind: "system", id: "", label: "Talos Auditor" };

export function auditActor(actor: Actor): AuditActor {
  return { kind: actor.kind, id: actor.id, label: actor.kind === "agent" ? "" : actor.label };
}
