import { env } from "cloudflare:workers";
import { type EnrolAnswer, type LinkAnswer, type NonceAnswer, signedBytes } from "#proto/agent-api.ts";
import { contractHash } from "../domain/consent.ts";
import { toBase64Url } from "../domain/crypto.ts";
import { SCOPES } from "../domain/role.ts";
import { deliver, enrol, messagesOf, signIn } from "./client.ts";
import { link } from "./clerk.ts";
import { ask, asAgent, enrolled, newToken } from "./machine.ts";
import { logsRequest, promptRecord, requestRecord } from "./records.ts";

/** A team with one of everything, and what opens it. */
export interface World {
  /** The database's own number. */
  team: number;
  name: string;
  cookie: string;
  apiKey: string;
  agentToken: string;
  inviteCode: string;
  personToken: string;
  bulkToken: string;
  email: string;
  /** Of projects and sessions, hex. */
  project: string;
  session: string;
}

const DAY_MS = 86_400_000;
const hex = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");

async function ok<T>(cookie: string, name: string, body?: unknown): Promise<T> {
  const response = await ask(cookie, name, body);
  if (!response.ok) throw new Error(`${name} answered ${response.status}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Makes the team, or one more of everything in it. `word` is in every name that people give. */
export async function world(name: string, word: string): Promise<World> {
  const sender = await enrol({ team: name, developer: `${word} Ada` });
  const owner = await signIn({ team: name, viewer: `${word} owner`, role: "owner" });
  for (const role of ["admin", "manager", "viewer"] as const) {
    await signIn({ team: name, viewer: `${word} ${role}`, role });
  }
  await link(name, `org_${word}`);
  await ok(owner, "PUT /api/team/mode", { mode: "full", confirm: "full" });
  const email = `${word}@example.com`;
  const invited = await ok<{ link: string }>(owner, "POST /api/invites", { email, role: "viewer" });
  const scopes = [...SCOPES];
  const key = await ok<{ secret: string }>(owner, "POST /api/keys", { label: `${word} key`, scopes });
  const { token: bulkToken } = await newToken(owner, { kind: "bulk", label: `${word} bulk`, maxUses: 50 });
  const machine = await consenting(owner, `${word} Real Name`);
  await linking(owner, machine);
  const { token: personToken } = await newToken(owner, { kind: "person", name: `${word} Next Name` });
  const csv = `developer,group\n${machine.developer.id},${word} group\n`;
  await ok(owner, "PUT /api/groups/csv", { csv });
  const [project, session] = [hex(32), hex(16)];
  await ok(owner, `PUT /api/projects/${project}`, { label: `${word} project` });
  await ok(owner, `PUT /api/developers/${sender.developer}`, { label: `${word} developer` });
  const fields = { session, cwd: project };
  const records = [requestRecord({ uid: hex(16), ...fields }), promptRecord({ uid: hex(16), ...fields })];
  await deliver(messagesOf(sender, logsRequest(records)));
  return {
    team: Number(sender.teamId),
    name,
    cookie: owner,
    apiKey: key.secret,
    agentToken: sender.agentToken,
    inviteCode: new URL(invited.link).hash.slice(1),
    personToken,
    bulkToken,
    email,
    project,
    session,
  };
}

/** A machine that can sign. */
export interface Signing {
  machine: EnrolAnswer;
  keys: CryptoKeyPair;
}

export async function signing(owner: string, realName = ""): Promise<Signing> {
  const keys = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", keys.publicKey)) as ArrayBuffer);
  const { token } = await newToken(owner, { kind: "person", name: realName });
  return { machine: await enrolled(token, { publicKey: toBase64Url(raw) }), keys };
}

export async function newNonce({ machine }: Signing): Promise<string> {
  const response = await asAgent(machine.agentToken, "POST /v1/agent/consent/nonce");
  return (await response.json<NonceAnswer>()).nonce;
}

/** The status by which the machine's acceptance of everything is answered. */
export async function accept({ machine, keys }: Signing, nonce: string): Promise<number> {
  const consent = {
    team: machine.team.id,
    agent: machine.agent,
    developer: machine.developer.id,
    mode: "full",
    by: "developer",
    retentionDays: 90,
    contract: await contractHash("full"),
    acceptedAt: Date.now(),
    expiresAt: Date.now() + 30 * DAY_MS,
    nonce,
  };
  const payload = Uint8Array.from(new TextEncoder().encode(JSON.stringify(consent)));
  const bytes = signedBytes("talos-consent-1", payload);
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, keys.privateKey, bytes));
  const body = { payload: toBase64Url(payload), signature: toBase64Url(signature) };
  return (await asAgent(machine.agentToken, "POST /v1/agent/consent", body)).status;
}

/** A machine of a named person, whose acceptance is in force, and who has asked for another number since. */
async function consenting(owner: string, realName: string): Promise<EnrolAnswer> {
  const made = await signing(owner, realName);
  const status = await accept(made, await newNonce(made));
  if (status !== 204) throw new Error(`the acceptance was answered with ${status}`);
  await newNonce(made);
  const said = { version: "0.1.0", policySource: "default", mode: "full", counters: {} };
  await asAgent(made.machine.agentToken, "POST /v1/agent/status", said);
  return made.machine;
}

/** The owner's own machine, which has asked for another code since. */
async function linking(owner: string, { agentToken }: EnrolAnswer): Promise<void> {
  const code = async () => (await (await asAgent(agentToken, "POST /v1/agent/link")).json<LinkAnswer>()).code;
  await ok(owner, "POST /api/account/machines", { code: await code() });
  await code();
}

/** Tables that belong to no team. A new table must have a team, or a column that leads to one, or be named here. */
const NOBODYS = ["webhooks_seen", "inbox", "d1_migrations"];

export type Dump = Map<string, Record<string, unknown>[]>;

async function rows(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (
    await env.DB.prepare(sql)
      .bind(...values)
      .all()
  ).results;
}

/** Every row of the team, in every table that there is. */
export async function dump(team: number): Promise<Dump> {
  const tables = await rows(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' AND name NOT LIKE '@_cf%' ESCAPE '@'",
  );
  const found: Dump = new Map();
  for (const name of tables.map((table) => String(table["name"]))) {
    if (NOBODYS.includes(name)) continue;
    found.set(name, await rows(`SELECT * FROM "${name}" WHERE ${await ofTeam(name)}`, team));
  }
  return found;
}

/** How the rows of a table are told to be the team's. */
async function ofTeam(table: string): Promise<string> {
  if (table === "teams") return "id = ?1";
  const columns = await rows(`PRAGMA table_info("${table}")`);
  if (columns.some(({ name }) => name === "team")) return "team = ?1";
  const [key] = await rows(`PRAGMA foreign_key_list("${table}")`);
  if (key === undefined) throw new Error(`nothing tells whose the rows of ${table} are`);
  return `"${String(key["from"])}" IN (SELECT id FROM "${String(key["table"])}" WHERE team = ?1)`;
}

/** Texts and bytes that are in this team's rows and not in the other's. Bytes as hex. */
export function markersOf(own: Dump, other: Dump): string[] {
  const others = new Set(textsIn(other));
  return [...new Set(textsIn(own))].filter((text) => text.length >= 6 && !others.has(text));
}

function textsIn(from: Dump): string[] {
  return [...from.values()].flat().flatMap((row) =>
    Object.values(row).flatMap((value) => {
      if (typeof value === "string") return [value];
      return Array.isArray(value) ? [Buffer.from(value as number[]).toString("hex")] : [];
    }),
  );
}
