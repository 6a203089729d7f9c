import { globSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import type { LocalBackend } from "../../e2e/backend.ts";
import { type Admin, Check } from "./load-admin.ts";
import type { LoadMachine } from "./load-teams.ts";
import { sleep } from "./processes.ts";
import { figure } from "./statistics.ts";

const PATIENCE_MS = 180_000;
const Count = z.object({ n: z.int() });
const Event = z.object({ team: z.int(), uid: z.string() });
const Entries = z.object({ team: z.int(), action: z.string(), n: z.int() });

interface Sender {
  machine: LoadMachine;
  acknowledged: ReadonlySet<string>;
  uncertain: ReadonlySet<string>;
}

/** Until the queue has handed over all that was acknowledged. Says how long that took. */
export async function waitUntilStored(backend: LocalBackend, senders: readonly Sender[]): Promise<string> {
  const wanted = senders.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  const begun = performance.now();
  const isStored = () =>
    count(backend, "SELECT count(*) n FROM events") >= wanted &&
    count(backend, "SELECT count(*) n FROM inbox") === 0;
  while (!isStored()) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error("events did not arrive");
    await sleep(250);
  }
  const seconds = (performance.now() - begun) / 1_000;
  return `The last of ${figure(wanted)} events was stored ${figure(seconds)} s after the last one was acknowledged. `;
}

/** Every team's chain, as its owner checks it. */
export async function checkTrails(admins: readonly Admin[]): Promise<void> {
  for (const admin of admins) {
    const { broken, next } = Check.parse(JSON.parse(await admin.ask("GET", "/api/audit/check")));
    if (broken !== null || next !== null) throw new Error("a trail is not whole");
  }
}

/** Each acknowledged record is stored once, for its own team, and nothing else is; each act of an admin is in the trail. */
export function checkStored(
  backend: LocalBackend,
  senders: readonly Sender[],
  admins: readonly Admin[],
): string {
  checkEvents(
    rows(backend, "SELECT team, lower(hex(uid)) uid FROM events").map((row) => Event.parse(row)),
    senders,
  );
  const [events, summed] = [
    count(backend, "SELECT count(*) n FROM events"),
    count(backend, "SELECT coalesce(sum(requests), 0) n FROM rollups"),
  ];
  if (summed !== events) throw new Error(`${events} events are stored, and ${summed} are in the sums`);
  if (count(backend, "SELECT count(*) n FROM inbox") !== 0) throw new Error("the inbox is not empty");
  const trail = rows(backend, "SELECT team, action, count(*) n FROM audit GROUP BY team, action").map((row) =>
    Entries.parse(row),
  );
  for (const admin of admins) checkTrail(trail, admin);
  const acts = admins.flatMap(({ done }) => done.filter(({ action }) => action !== undefined)).length;
  return (
    "Each acknowledged event is in D1 once and for its own team, none that was refused is, and the sums say the same. " +
    `Each of ${figure(acts)} acts of administrators is in its team's trail once, and every chain holds.`
  );
}

function checkEvents(events: readonly z.output<typeof Event>[], senders: readonly Sender[]): void {
  const teams = (name: "acknowledged" | "uncertain") =>
    new Map(senders.flatMap((sender) => [...sender[name]].map((uid) => [uid, sender.machine.team] as const)));
  const [wanted, uncertain] = [teams("acknowledged"), teams("uncertain")];
  let found = 0;
  for (const { team, uid } of events) {
    if (wanted.get(uid) === team) found += 1;
    else if (uncertain.get(uid) !== team)
      throw new Error("an event is stored that was refused, or of another team");
  }
  // The database holds each uid of a team once.
  if (found !== wanted.size) throw new Error(`${wanted.size} acknowledged, ${found} of them stored`);
}

/** What was asked for once more, because no answer came, may be there twice. */
function checkTrail(trail: readonly z.output<typeof Entries>[], { owner, done, lost }: Admin): void {
  const actions = done.flatMap(({ action }) => action ?? []);
  for (const [action, of] of Map.groupBy(actions, (each) => each)) {
    const found = trail.find((entry) => entry.team === owner.team && entry.action === action)?.n ?? 0;
    const doubtful = lost.filter((each) => each === action).length;
    if (found < of.length || found > of.length + doubtful) {
      throw new Error(`${of.length} times ${action}, ${found} times in the trail`);
    }
  }
}

function count(backend: LocalBackend, sql: string): number {
  return Count.parse(rows(backend, sql)[0]).n;
}

/** Reads the database's own file, beside the Workers and after them. */
function rows({ folder }: LocalBackend, sql: string): unknown[] {
  const [file] = globSync("v3/d1/*/*.sqlite", { cwd: folder.workers }).filter(
    (name) => !name.includes("metadata"),
  );
  if (file === undefined) throw new Error("there is no D1 file");
  const db = new DatabaseSync(path.join(folder.workers, file), { readOnly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}
