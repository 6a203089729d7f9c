import { findTeam, type Team } from "../store/teams.ts";
import { Refusal } from "./refusal.ts";

/** The team of who asks. */
export async function teamOf(db: D1Database, id: number): Promise<Team> {
  const team = await findTeam(db, id);
  if (team === undefined) throw new Refusal(401, "signed_out");
  return team;
}
