import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ROUTES } from "../domain/api/routes.ts";
import type { RouteSpec } from "../domain/api/spec.ts";
import type { ApiBindings } from "../env.ts";
import { call, ORIGIN } from "./client.ts";
import { pairsOf, type Probe, type Sent } from "./hostile-requests.ts";
import { type Dump, dump, markersOf, world, type World } from "./hostile-world.ts";

/** A walk asks more often than anybody may. */
const FAST: Partial<ApiBindings> = {
  RATE_MEMBER_PER_MINUTE: "1000000",
  RATE_KEY_PER_MINUTE: "1000000",
  RATE_ADDRESS_PER_MINUTE: "1000000",
};

/** Two teams, of which one is after the other. */
export interface Stage {
  ours: World;
  theirs: World;
  /** All rows of ours. */
  before: Dump;
  /** What no answer to them may hold. */
  markers: string[];
  /** What of ours they know. */
  probes: Probe[];
}

/** Theirs has things that are older than ours, and younger ones, so that a list can go on behind ours. */
export async function newStage(): Promise<Stage> {
  const theirs = await world("Theirs", "evil-one");
  const ours = await world("Acme", "canary");
  await world("Theirs", "evil-two");
  const before = await dump(ours.team);
  const markers = markersOf(before, await dump(theirs.team));
  return { ours, theirs, before, markers, probes: probesOf(before, ours) };
}

/** Every kind of id, and an address, beside one that nobody has. */
function probesOf(rows: Dump, ours: World): Probe[] {
  const ids = new Map(publicIds(rows).map((id) => [id.replace(/_.*/, ""), id]));
  return [
    ...[...ids].map(([kind, id]) => ({ known: id, unknown: `${kind}_0123456789abcdef01234567` })),
    { known: ours.project, unknown: "e".repeat(64) },
    { known: ours.session, unknown: "e".repeat(32) },
    { known: `2000000000.${ours.session}`, unknown: `2000000000.${"e".repeat(32)}` },
    { known: ours.email, unknown: "nobody@example.com" },
    { known: "org_canary", unknown: "org_nobody" },
    { known: fileOf(ids.get("dev") ?? ""), unknown: fileOf("dev_0123456789abcdef01234567") },
  ];
}

/** Of groups, as a team uploads it. */
const fileOf = (developer: string) => `developer,group\n${developer},evil group\n`;

export function publicIds(rows: Dump): string[] {
  return [...rows.values()].flat().flatMap((row) => ("public_id" in row ? [String(row["public_id"])] : []));
}

export interface Answer {
  status: number;
  /** Of a refusal. */
  code: string | undefined;
  headers: Record<string, string>;
  text: string;
}

export interface Credential {
  bearer?: string;
  cookie?: string;
}

export async function send(method: string, { path, body }: Sent, who: Credential): Promise<Answer> {
  const headers = {
    origin: ORIGIN,
    ...(who.bearer === undefined ? {} : { authorization: `Bearer ${who.bearer}` }),
    ...(who.cookie === undefined ? {} : { cookie: who.cookie }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await call(path, init, FAST);
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const [, code] = /"error":\{"code":"(\w+)"/.exec(text) ?? [];
  return { status: response.status, code, headers: Object.fromEntries(response.headers), text };
}

export interface Walked {
  name: string;
  spec: RouteSpec;
  /** Whether the id that stands in the path is one that the route takes; undefined where there is none. */
  fitsPath: boolean | undefined;
}

export interface Walk {
  stage: Stage;
  /** Of all routes; all of them without it. */
  only?: (spec: RouteSpec) => boolean;
  /** Asked before each request. */
  as: (route: string) => Promise<Credential>;
  look: (answer: Answer, walked: Walked) => void;
}

/**
 * Asks all that can be asked, once with what is ours and once with what nobody has: both answers must be the same, and
 * hold nothing of ours. Returns how many requests that were.
 */
export async function walk({ stage, only = () => true, as, look }: Walk): Promise<number> {
  let asked = 0;
  let told = "";
  // What is read first holds nothing yet that the asker itself has written.
  const routes = Object.entries<RouteSpec>(ROUTES).toSorted(
    ([a], [b]) => Number(isWrite(a)) - Number(isWrite(b)),
  );
  for (const [name, spec] of routes.filter(([, each]) => only(each))) {
    const [method = "", route = ""] = name.split(" ");
    for (const { known, unknown, probe, fitsPath } of pairsOf(route, spec, stage.probes)) {
      const first = await send(method, known, await as(name));
      const second = await send(method, unknown, await as(name));
      expectNoLeak(stage, first, { ...known, told });
      if (isWrite(name)) told += JSON.stringify(known);
      const subject = { name, known };
      expect({ ...subject, answer: comparable(first, probe.known) }).toEqual({
        ...subject,
        answer: comparable(second, probe.unknown),
      });
      expect([name, first.status < 500]).toEqual([name, true]);
      look(first, { name, spec, fitsPath });
      asked += 2;
    }
    await tidy(stage.theirs.team);
  }
  return asked;
}

/** Without what is random in each answer, and without the id that was asked for. */
function comparable({ status, headers, text }: Answer, asked: string): unknown {
  const { "set-cookie": cookie, etag: _, ...rest } = headers;
  // Each export is in the trail that the next one exports.
  const isStream = "content-disposition" in headers;
  const plain = asked === "" ? text : text.replaceAll(asked, "<asked>");
  const same = plain
    .replace(/\b(tm|dev|agt|mem|inv|ent|grp|key)_[0-9a-f]{24}\b/g, "<id>")
    .replace(/[\w-]{32,}/g, "<secret>")
    .replace(/\b\d{13}\b/g, "<time>");
  return { status, rest, setsCookie: cookie !== undefined, text: isStream ? "" : same };
}

/** Nothing of ours but what was sent, now or before. */
function expectNoLeak({ markers }: Stage, answer: Answer, sent: Sent & { told: string }): void {
  const said = JSON.stringify(answer.headers) + answer.text;
  const { path, body = "", told } = sent;
  const asked = decodeURIComponent(path) + JSON.stringify(body) + told;
  const leaked = markers.filter((marker) => said.includes(marker) && !asked.includes(marker));
  expect({ path, body, leaked }).toEqual({ path, body, leaked: [] });
}

const isWrite = (route: string) => !route.startsWith("GET ");

/** So that no list of theirs grows to its limit. */
async function tidy(team: number): Promise<void> {
  const revoke = (table: string, which: string) =>
    env.DB.prepare(
      `UPDATE ${table} SET revoked_at = 1 WHERE team = ?1 AND revoked_at IS NULL AND ${which}`,
    ).bind(team);
  await env.DB.batch([
    revoke("enrolment_tokens", "label NOT LIKE 'evil%'"),
    revoke("invites", "email NOT LIKE 'evil%'"),
    revoke("api_keys", "label NOT LIKE 'evil%'"),
  ]);
}

export const isMember = ({ access }: RouteSpec) => access.who === "member";
export const isAgent = ({ access }: RouteSpec) => access.who === "agent";

/** What all that can be read says to this member, but for exports, which are in the trail that the next one reads. */
export async function readAll(cookie: string): Promise<Map<string, unknown>> {
  const read = new Map<string, unknown>();
  for (const [name, spec] of Object.entries<RouteSpec>(ROUTES)) {
    if (isWrite(name) || !isMember(spec) || spec.streams !== undefined) continue;
    const [first] = pairsOf(name.slice("GET ".length), spec, []);
    if (first !== undefined) read.set(name, comparable(await send("GET", first.known, { cookie }), ""));
  }
  return read;
}
