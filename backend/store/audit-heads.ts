import { chainHash, GENESIS } from "#proto/audit-chain.ts";
import { fromHex, toHex } from "#proto/hex.ts";
import * as z from "zod";
import { open, seal, sealHeader, teamKey } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { readEntries, readEntry } from "./audit-trail.ts";

/** Entries that one statement reads or deletes. */
const CHUNK = 1000;

/** Where a trail begins and ends. Hashes as hex. */
export interface TrailEnds {
  /** Of the last entry; 0 where there is none. */
  seq: number;
  hash: string;
  /** Of the last entry that was deleted for its age; 0 where there is none. */
  baseSeq: number;
  baseHash: string;
}

interface Row extends TrailEnds {
  seal: string;
}

const NONE = toHex(GENESIS);
const Sealed = z.tuple([z.int(), z.string(), z.int(), z.string()]);
const context = (team: number) => `audit_heads:${team}:seal`;

export async function trailEnds(db: D1Database, team: number): Promise<TrailEnds> {
  const { seq, hash, baseSeq, baseHash } = await readHead(db, team);
  return { seq, hash, baseSeq, baseHash };
}

async function readHead(db: D1Database, team: number): Promise<Row> {
  const row = await db
    .prepare(
      `SELECT seq, lower(hex(hash)) hash, base_seq baseSeq, lower(hex(base_hash)) baseHash, hex(seal) seal
         FROM audit_heads WHERE team = ?1`,
    )
    .bind(team)
    .first<Row>();
  return row ?? { seq: 0, hash: NONE, baseSeq: 0, baseHash: NONE, seal: "" };
}

/**
 * Puts a seal on the trail as it is, which only who has the server's key can make. It is not put on a trail that does
 * not go on from the last seal: then that one stays, and tells. Returns false.
 */
export async function sealTrail(db: D1Database, team: number, kms: Keyring): Promise<boolean> {
  const head = await readHead(db, team);
  if (head.seq === 0) return true;
  const sealed = await openSeal(team, head, kms);
  if (sealed === "forged") return false;
  if (sealed !== undefined && !(await goesOnFrom(db, team, sealed, head))) return false;
  const isFresh = sealed?.seq === head.seq && head.seal.toLowerCase().startsWith(await sealHeader(kms));
  if (!isFresh) await putSeal(db, team, head, kms);
  return true;
}

/** The first entry that the trail's ends and seal show to be another or gone; undefined when they fit. */
export async function brokenEnd(db: D1Database, team: number, kms: Keyring): Promise<number | undefined> {
  const head = await readHead(db, team);
  const sealed = await openSeal(team, head, kms);
  const first = head.baseSeq + 1;
  if (sealed === "forged") return first;
  if (sealed !== undefined) {
    if (sealed.baseSeq !== head.baseSeq || sealed.baseHash !== head.baseHash) return sealed.baseSeq + 1;
    if ((await hashAt(db, team, sealed.seq, head)) !== sealed.hash) return sealed.seq;
  }
  const [last, behind] = await Promise.all([
    hashAt(db, team, head.seq, head),
    readEntries(db, team, { after: head.seq, upTo: Number.MAX_SAFE_INTEGER, limit: 1 }),
  ]);
  if (last !== head.hash) return head.seq;
  return behind[0]?.seq;
}

async function hashAt(
  db: D1Database,
  team: number,
  seq: number,
  ends: TrailEnds,
): Promise<string | undefined> {
  return seq === ends.baseSeq ? ends.baseHash : (await readEntry(db, team, seq))?.hash;
}

async function openSeal(team: number, head: Row, kms: Keyring): Promise<TrailEnds | "forged" | undefined> {
  if (head.seal === "") return undefined;
  try {
    const key = await teamKey(kms, team, "audit-head");
    const plain = await open(key, fromHex(head.seal), context(team));
    const [seq, hash, baseSeq, baseHash] = Sealed.parse(JSON.parse(new TextDecoder().decode(plain)));
    return { seq, hash, baseSeq, baseHash };
  } catch {
    return "forged";
  }
}

/** Only in place of the seal that was read: of two at once the other's stays. */
async function putSeal(db: D1Database, team: number, head: Row, kms: Keyring): Promise<void> {
  await db
    .prepare("UPDATE audit_heads SET seal = unhex(?2) WHERE team = ?1 AND seal = unhex(?3)")
    .bind(team, await sealOf(team, head, kms), head.seal)
    .run();
}

async function sealOf(team: number, ends: TrailEnds, kms: Keyring): Promise<string> {
  const text = JSON.stringify([ends.seq, ends.hash, ends.baseSeq, ends.baseHash]);
  const plain = Uint8Array.from(new TextEncoder().encode(text));
  return toHex(await seal(await teamKey(kms, team, "audit-head"), plain, context(team)));
}

/** Recomputes what was appended since the seal. */
async function goesOnFrom(
  db: D1Database,
  team: number,
  sealed: TrailEnds,
  head: TrailEnds,
): Promise<boolean> {
  if (sealed.baseSeq !== head.baseSeq || sealed.baseHash !== head.baseHash) return false;
  if ((await hashAt(db, team, sealed.seq, head)) !== sealed.hash) return false;
  const { broken, last } = await checkEntries(db, team, { from: sealed, upTo: head.seq, most: Infinity });
  return broken === undefined && last.seq === head.seq && last.hash === head.hash;
}

export interface Checked {
  checked: number;
  /** The first entry that is not as it was written, or is missing. */
  broken: number | undefined;
  last: { seq: number; hash: string };
}

/** Recomputes up to `most` entries behind `from`. */
export async function checkEntries(
  db: D1Database,
  team: number,
  { from, upTo, most }: { from: { seq: number; hash: string }; upTo: number; most: number },
): Promise<Checked> {
  const publicId = await teamId(db, team);
  let last = { seq: from.seq, hash: from.hash };
  let checked = 0;
  while (checked < most) {
    const limit = Math.min(CHUNK, most - checked);
    const entries = await readEntries(db, team, { after: last.seq, upTo, limit });
    for (const entry of entries) {
      const hash = toHex(await chainHash(publicId, entry, fromHex(last.hash)));
      if (entry.seq !== last.seq + 1 || entry.hash !== hash) return { checked, broken: last.seq + 1, last };
      last = { seq: entry.seq, hash };
      checked += 1;
    }
    if (entries.length === 0) break;
  }
  return { checked, broken: checked < most && last.seq < upTo ? last.seq + 1 : undefined, last };
}

async function teamId(db: D1Database, team: number): Promise<string> {
  const row = await db
    .prepare("SELECT public_id FROM teams WHERE id = ?1")
    .bind(team)
    .first<{ public_id: string }>();
  if (row === null) throw new Error("the team does not exist");
  return row.public_id;
}

/**
 * Deletes entries that are older, from the front, and notes what the first kept one follows. The last entry stays. A
 * trail that is not as it was sealed is left alone. Returns how many.
 */
export async function pruneTrails(db: D1Database, kms: Keyring, beforeMs: number): Promise<number> {
  const { results } = await db.prepare("SELECT team FROM audit_heads ORDER BY team").all<{ team: number }>();
  let count = 0;
  for (const { team } of results) count += await pruneTrail(db, team, kms, beforeMs);
  return count;
}

async function pruneTrail(db: D1Database, team: number, kms: Keyring, beforeMs: number): Promise<number> {
  if (!(await sealTrail(db, team, kms))) return 0;
  let count = 0;
  for (;;) {
    const head = await readHead(db, team);
    const entries = await readEntries(db, team, { after: head.baseSeq, upTo: head.seq - 1, limit: CHUNK });
    const last = entries.filter(({ at }) => at < beforeMs).at(-1);
    if (last === undefined) return count;
    const sealed = await sealOf(team, { ...head, baseSeq: last.seq, baseHash: last.hash }, kms);
    await db.batch([
      db
        .prepare(
          "UPDATE audit_heads SET base_seq = ?2, base_hash = unhex(?3), seal = unhex(?4) WHERE team = ?1",
        )
        .bind(team, last.seq, last.hash, sealed),
      db.prepare("DELETE FROM audit WHERE team = ?1 AND seq <= ?2").bind(team, last.seq),
    ]);
    count += last.seq - head.baseSeq;
  }
}
