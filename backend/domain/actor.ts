import type { Role, Scope } from "./role.ts";

/** A person who signed in. `team` and `member` are the database's own numbers and never leave it. */
export interface MemberActor {
  kind: "member";
  team: number;
  member: number;
  /** Public id. */
  id: string;
  label: string;
  role: Role;
}

/** A program of the team's, which may only read. */
export interface ApiKeyActor {
  kind: "api_key";
  team: number;
  id: string;
  label: string;
  scopes: readonly Scope[];
}

/** One installation on one machine. */
export interface AgentActor {
  kind: "agent";
  team: number;
  developer: number;
  agent: number;
  id: string;
  /** The team's Ed25519 public key, hex; "" before it has one. */
  verifyingKey?: string;
}

export type Actor = MemberActor | ApiKeyActor | AgentActor;
