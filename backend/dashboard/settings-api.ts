import { agentRoutes } from "../domain/api/agents.ts";
import { auditRoutes } from "../domain/api/audit.ts";
import { contentRoutes } from "../domain/api/content.ts";
import { categoryRoutes } from "../domain/api/categories.ts";
import { memberRoutes } from "../domain/api/members.ts";
import { ownMachineRoutes } from "../domain/api/own-machines.ts";
import { teamRoutes } from "../domain/api/team.ts";
import type { ApiFailure } from "./api.ts";
import { client } from "./client.ts";
import { failureWords } from "./parts/message.tsx";

/** Calls every route that the settings pages need. */
export const call = client((...request) => fetch(...request), {
  ...memberRoutes,
  ...ownMachineRoutes,
  ...teamRoutes,
  ...agentRoutes,
  ...auditRoutes,
  ...categoryRoutes,
  ...contentRoutes,
});

/** What a refusal means to the person who asked, and what to do. */
const REFUSALS: Record<string, string> = {
  signed_out: "You are signed out. Open a new sign-in link.",
  not_allowed: "Your role does not allow this. An owner or admin of the team can do it.",
  last_owner: "A team needs an owner: make somebody else one first.",
  already_member: "This person is a member already.",
  too_many_invites: "Too many invites are open. Revoke some first.",
  too_many_tokens: "Too many tokens are open. Revoke some first.",
  too_many_keys: "Too many keys are active. Revoke some first.",
  unknown_developer: "There is no such developer in this team any more.",
  confirmation_missing: "Type the mode's name to confirm.",
  changed_meanwhile: "Somebody else changed this at the same moment. Reload the page to see it.",
  group_name_taken: "A group of that name comes from elsewhere. Choose another name for it.",
  invalid_code:
    "This invite no longer works: it was used already, revoked, or is too old. Ask for a new one.",
  link_refused:
    "This link no longer works: it was used already, a newer one was made, or it is too old. Run `talos account` again.",
  link_taken:
    "This person's machines are linked to another member. Run `talos account --unlink` on the machine, then `talos account` again.",
  other_developer: "Machines of another person are linked to you. Unlink them first.",
  invalid_csv: "The file needs a first line with the columns developer and group, and a line for each pair.",
  invalid_body: "Something in the form is not valid.",
  not_found: "It is gone already. Reload the page.",
  rate_limited: "Too many requests: wait a minute.",
};

export function refusalWords(failure: ApiFailure): string {
  const isAnswer = failure.kind === "refused" || failure.kind === "signed_out";
  const own = isAnswer ? REFUSALS[failure.code] : undefined;
  if (own !== undefined) return own;
  if (failure.kind === "refused" && failure.status < 500)
    return `The server refused this (status ${failure.status}, ${failure.code}). Reload the page and try again.`;
  if (failure.kind === "offline")
    return "The server did not answer. Check that it is running and that you are online, then try again.";
  const { cause, next } = failureWords(failure);
  return `${cause} ${next}`;
}
