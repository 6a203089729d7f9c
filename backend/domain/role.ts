/** Each may do all that the ones before it may. */
export const ROLES = ["viewer", "manager", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** What a team's API key may read. */
export const SCOPES = ["reports:read", "sessions:read", "team:read", "audit:read"] as const;
export type Scope = (typeof SCOPES)[number];

export function isAtLeast(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
