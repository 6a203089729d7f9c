import type { ownMachineRoutes } from "../domain/api/own-machines.ts";
import { linkMachine, type LinkResult, listOwnMachines, unlinkMember } from "../store/own-machines.ts";
import { readTeamSettings } from "../store/team-settings.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

const REFUSED = {
  refused: "link_refused",
  taken: "link_taken",
  other_developer: "other_developer",
} as const satisfies Record<Exclude<LinkResult, "linked">, string>;

export const ownMachines: Handlers<typeof ownMachineRoutes> = {
  "GET /api/account/machines": async ({ db, actor, nowMs }) => {
    const [machines, team] = await Promise.all([
      listOwnMachines(db, actor, nowMs),
      readTeamSettings(db, actor.team),
    ]);
    if (team === undefined) throw new Refusal(401, "signed_out");
    return { machines, team: { mode: team.mode, retentionDays: team.retentionDays } };
  },
  "POST /api/account/machines": async ({ db, settings, actor, body, nowMs }) => {
    const result = await linkMachine(db, actor, body.code, { pepper: settings.PEPPER, nowMs });
    if (result !== "linked") throw new Refusal(409, REFUSED[result]);
  },
  "DELETE /api/account/machines": async ({ db, actor, nowMs }) => {
    await unlinkMember(db, actor, nowMs);
  },
};
