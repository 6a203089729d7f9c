import type { machineRoutes } from "../domain/api/machine.ts";
import { fromBase64Url, toBase64Url, toHex } from "../domain/crypto.ts";
import { type ShownToken, findShownToken, noteRefusal } from "../store/enrolment-tokens.ts";
import { enrolAgent, type Machine } from "../store/enrolments.ts";
import { readTeamSettings } from "../store/team-settings.ts";
import { teamSalt } from "../store/teams.ts";
import { agentConfig } from "./agent-config.ts";
import { allowAddress, allowToken } from "./enrol-allowance.ts";
import { logFailure } from "./failure.ts";
import { Refusal, unavailable } from "./refusal.ts";
import type { Handled, Handler } from "./route-table.ts";

type Enrol = (typeof machineRoutes)["POST /v1/enroll"];

/** Pseudonyms are drawn again where one is taken. */
const DRAWS = 8;

export const enrol: Handler<Enrol> = async (request) => {
  const { c, db, settings, body, nowMs } = request;
  const machine = machineOf(body);
  await allowAddress(c.env, c.req.header("cf-connecting-ip"), settings.PEPPER);
  const token = await findShownToken(db, body.token, settings.PEPPER, nowMs);
  if (token === undefined) throw refused();
  await allowToken(c.env, token);
  const enrolled = await draw(request, token, machine);
  const team = await readTeamSettings(db, token.team);
  if (enrolled === undefined || team === undefined) throw await refusedAs(request, token);
  return {
    agentToken: enrolled.token,
    agent: enrolled.agent,
    team: { id: team.publicId, name: team.name },
    developer: enrolled.developer,
    // Comes by managed policy otherwise: then the server's own is of no use to a machine.
    ...(team.saltPolicy === "server"
      ? { salt: toBase64Url(await teamSalt(db, token.team, settings.KMS_KEY)) }
      : {}),
    config: await agentConfig(
      db,
      { team: token.team, agent: enrolled.agent, settings: team },
      settings.KMS_KEY,
      nowMs,
    ),
  };
};

/** Told from the request alone, so that it says nothing of the token. */
function machineOf({ token, publicKey, grouping, version }: Handled<Enrol>["body"]): Machine {
  if (token.startsWith("teb_") && grouping === undefined) throw new Refusal(400, "invalid_body");
  return { publicKey: toHex(fromBase64Url(publicKey)), version, grouping };
}

async function draw({ db, settings, nowMs }: Handled<Enrol>, token: ShownToken, machine: Machine) {
  if (token.state !== "open") return undefined;
  for (let draws = 0; draws < DRAWS; draws += 1) {
    const enrolled = await enrolAgent(db, token, machine, { pepper: settings.PEPPER, nowMs });
    if (enrolled !== undefined) return enrolled;
    if (token.developer !== null) return undefined;
  }
  return undefined;
}

/** One answer for all that can be wrong with a token. Why is in the team's trail. */
function refused(): Refusal {
  return new Refusal(401, "enrolment_refused");
}

/** The trail is written behind the answer, which so takes as long as for a token that never existed. */
async function refusedAs({ c, db, body, settings, nowMs }: Handled<Enrol>, token: ShownToken) {
  const now = token.state === "open" ? await findShownToken(db, body.token, settings.PEPPER, nowMs) : token;
  if (now === undefined) return refused();
  // Every pseudonym that was drawn was taken: the next try draws others.
  if (now.state === "open") return unavailable("temporarily_unavailable", 5);
  const noted = noteRefusal(db, now, nowMs).catch((error: unknown) => logFailure("refusal not noted", error));
  c.executionCtx.waitUntil(noted);
  return refused();
}
