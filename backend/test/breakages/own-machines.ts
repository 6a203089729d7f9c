import { breakages } from "./breakage.ts";

/** A member's own machines, which nobody else sees. */
export const ownMachines = breakages("backend/store/own-machines.ts", "backend/http/own-machines.test.ts", [
  [
    "a code links a machine of another team",
    "WHERE c.hash = unhex(?1) AND a.team = ?2 AND c.expires_at > ?3 AND a.revoked_at IS NULL`;",
    "WHERE c.hash = unhex(?1) AND ?2 > 0 AND c.expires_at > ?3 AND a.revoked_at IS NULL`;",
  ],
  [
    "a code links for ever",
    "WHERE c.hash = unhex(?1) AND a.team = ?2 AND c.expires_at > ?3 AND a.revoked_at IS NULL`;",
    "WHERE c.hash = unhex(?1) AND a.team = ?2 AND ?3 > 0 AND a.revoked_at IS NULL`;",
  ],
  [
    "a code of a revoked machine links it",
    "WHERE c.hash = unhex(?1) AND a.team = ?2 AND c.expires_at > ?3 AND a.revoked_at IS NULL`;",
    "WHERE c.hash = unhex(?1) AND a.team = ?2 AND c.expires_at > ?3`;",
  ],
  [
    "a code links twice",
    'db.prepare("DELETE FROM link_codes WHERE hash = unhex(?1) AND changes() > 0").bind(hash),',
    'db.prepare("UPDATE link_codes SET hash = unhex(?1) WHERE hash = unhex(?1) AND changes() > 0").bind(hash),',
  ],
  ["a second person takes a developer over", "AND NOT ${TAKEN}", "AND (1 OR ${TAKEN})"],
  ["one member has the machines of two people", "AND NOT ${OTHER}", "AND (1 OR ${OTHER})"],
  [
    "anybody sees any member's machines",
    "WHERE o.member = ?1 AND a.team = ?2",
    "WHERE ?1 > 0 AND a.team = ?2",
  ],
  [
    "the trail names who linked",
    'member: { kind: "member", id: "", label: "" },',
    'member: { kind: "member", id: "mem", label: "" },',
  ],
]);
