import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { SYSTEM } from "../domain/audit.ts";
import { audited } from "./audit.ts";
import { brokenEnd, checkEntries, pruneTrails, sealTrail, trailEnds } from "./audit-heads.ts";
import { listEntries } from "./audit-trail.ts";
import { ensureTeam } from "./teams.ts";

const KMS = { current: "kms-key-for-tests-only-0123456789abcdef", previous: undefined };
const DAY_MS = 86_400_000;

let team = 0;
beforeEach(async () => {
  team = (await ensureTeam(env.DB, { name: "Acme", timeZone: "UTC" }, KMS, 1)).id;
});

const append = (metadata = {}, nowMs = 1000, of = team) =>
  audited(env.DB, of, { actor: SYSTEM, action: "team.update", target: "tm_1", metadata }, nowMs, []);
const run = (sql: string, ...values: (string | number)[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

async function check(of = team) {
  const ends = await trailEnds(env.DB, of);
  const from = { seq: ends.baseSeq, hash: ends.baseHash };
  const checked = await checkEntries(env.DB, of, { from, upTo: ends.seq, most: Infinity });
  return { ...checked, end: await brokenEnd(env.DB, of, KMS) };
}

/** The number of the first entry that is said to be wrong. */
async function broken(): Promise<number | undefined> {
  const { broken: inside, end } = await check();
  return inside === undefined && end === undefined
    ? undefined
    : Math.min(inside ?? Infinity, end ?? Infinity);
}

describe("appending", () => {
  it("of fifty at once leaves no gap, and the chain holds", async () => {
    const other = (await ensureTeam(env.DB, { name: "Other", timeZone: "UTC" }, KMS, 1)).id;
    await Promise.all(Array.from({ length: 50 }, (_, n) => append({ n })));
    await append({}, 1000, other);
    expect(await check()).toMatchObject({
      checked: 50,
      broken: undefined,
      end: undefined,
      last: { seq: 50 },
    });
    const entries = await listEntries(env.DB, team, { before: 1e9, action: undefined, limit: 100 });
    expect(new Set(entries.map(({ metadata }) => metadata)).size).toBe(50);
    expect(await check(other)).toMatchObject({ checked: 1, broken: undefined });
  });

  it("is undone together with what it tells of, and tells only of what changed something", async () => {
    const rename = (name: string) =>
      env.DB.prepare("UPDATE teams SET name = ?2 WHERE id = ?1 AND name <> ?2").bind(team, name);
    const entry = { actor: SYSTEM, action: "team.update" } as const;
    expect((await audited(env.DB, team, entry, 1, [rename("Acme")])).changed).toBe(false);
    expect((await trailEnds(env.DB, team)).seq).toBe(0);
    expect((await audited(env.DB, team, entry, 1, [rename("New")])).changed).toBe(true);
    const twice = env.DB.prepare("INSERT INTO teams SELECT * FROM teams WHERE id = ?1").bind(team);
    await expect(audited(env.DB, team, entry, 1, [rename("Newer"), twice])).rejects.toThrow("UNIQUE");
    expect((await trailEnds(env.DB, team)).seq).toBe(1);
    expect(await env.DB.prepare("SELECT name FROM teams").first("name")).toBe("New");
  });

  it("keeps the trail's time from going back", async () => {
    await append({}, 5000);
    await append({}, 4000);
    const entries = await listEntries(env.DB, team, { before: 1e9, action: undefined, limit: 9 });
    expect(entries.map(({ at }) => at)).toEqual([5000, 5000]);
  });
});

describe("what was done to the trail is found:", () => {
  beforeEach(async () => {
    for (let n = 0; n < 6; n += 1) await append({ n });
  });

  it("nothing was done", async () => {
    expect(await broken()).toBeUndefined();
    expect(await sealTrail(env.DB, team, KMS)).toBe(true);
    await append();
    expect(await broken()).toBeUndefined();
  });

  it.each([
    ["at", "at + 1"],
    ["actor_kind", "'agent'"],
    ["actor_id", "'mem_x'"],
    ["actor_label", "'Mallory'"],
    ["action", "'export'"],
    ["target", "'tm_2'"],
    ["metadata", "'{}'"],
    ["hash", "zeroblob(32)"],
  ])("%s was changed", async (column, value) => {
    await run(`UPDATE audit SET ${column} = ${value} WHERE seq = 3`);
    expect(await broken()).toBe(3);
  });

  it.each([1, 3, 6])("entry %i was removed", async (seq) => {
    await run("DELETE FROM audit WHERE seq = ?1", seq);
    expect(await broken()).toBe(seq);
  });

  it("the last was removed, by what is recomputed and by the head alike", async () => {
    await run("DELETE FROM audit WHERE seq = 6");
    expect(await check()).toMatchObject({ checked: 5, broken: 6, end: 6 });
  });

  it("two were exchanged", async () => {
    await run("UPDATE audit SET seq = -3 WHERE seq = 3");
    await run("UPDATE audit SET seq = 3 WHERE seq = 4");
    await run("UPDATE audit SET seq = 4 WHERE seq = -3");
    expect(await broken()).toBe(3);
  });

  it("one was put behind the last", async () => {
    await run(
      "INSERT INTO audit SELECT team, 7, at, actor_kind, actor_id, actor_label, action, target, metadata, hash FROM audit WHERE seq = 6",
    );
    expect(await broken()).toBe(7);
  });

  it("the last ones were removed, and the head moved back", async () => {
    await sealTrail(env.DB, team, KMS);
    await run("DELETE FROM audit WHERE seq > 4");
    await run("UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)");
    expect(await broken()).toBe(6);
    expect(await sealTrail(env.DB, team, KMS)).toBe(false);
  });

  it("all was written anew, with right hashes, before the seal", async () => {
    await sealTrail(env.DB, team, KMS);
    await run("DELETE FROM audit");
    await run("UPDATE audit_heads SET seq = 0, hash = zeroblob(32)");
    await run("DELETE FROM audit_heads WHERE seal = x''");
    for (let n = 0; n < 7; n += 1) await append({ forged: n });
    expect((await check()).broken).toBeUndefined();
    expect(await broken()).toBe(6);
    expect(await sealTrail(env.DB, team, KMS)).toBe(false);
    expect(await broken()).toBe(6);
  });

  it("the seal is another team's, or one that the server did not make", async () => {
    await sealTrail(env.DB, team, KMS);
    const other = (await ensureTeam(env.DB, { name: "Other", timeZone: "UTC" }, KMS, 1)).id;
    await append({}, 1, other);
    await sealTrail(env.DB, other, KMS);
    await run(
      "UPDATE audit_heads SET seal = (SELECT seal FROM audit_heads WHERE team = ?2) WHERE team = ?1",
      team,
      other,
    );
    expect(await broken()).toBe(1);
    await run("UPDATE audit_heads SET seal = x'0102' WHERE team = ?1", team);
    expect(await broken()).toBe(1);
  });

  it("the first ones were removed, and the base moved", async () => {
    await sealTrail(env.DB, team, KMS);
    await run("UPDATE audit_heads SET base_seq = 2, base_hash = (SELECT hash FROM audit WHERE seq = 2)");
    await run("DELETE FROM audit WHERE seq <= 2");
    expect((await check()).broken).toBeUndefined();
    expect(await broken()).toBe(1);
  });
});

describe("entries that are over", () => {
  const years = (n: number) => n * 365 * DAY_MS;

  it("go from the front, and the rest stays checkable", async () => {
    for (let n = 0; n < 6; n += 1) await append({ n }, years(n));
    expect(await pruneTrails(env.DB, KMS, years(3))).toBe(3);
    expect(await check()).toMatchObject({ checked: 3, broken: undefined, end: undefined, last: { seq: 6 } });
    expect((await trailEnds(env.DB, team)).baseSeq).toBe(3);
    await append({}, years(6));
    expect(await broken()).toBeUndefined();
    expect(await pruneTrails(env.DB, KMS, years(3))).toBe(0);
    await run("DELETE FROM audit WHERE seq = 4");
    expect(await broken()).toBe(4);
  });

  it("are not passed by the clock of an entry behind them: the last one stays", async () => {
    await append({}, 1);
    await append({}, 2);
    expect(await pruneTrails(env.DB, KMS, years(50))).toBe(1);
    expect(await check()).toMatchObject({ checked: 1, broken: undefined, end: undefined });
  });

  it("of a trail that was tampered with are kept as they are", async () => {
    for (let n = 0; n < 4; n += 1) await append({ n }, n);
    await sealTrail(env.DB, team, KMS);
    await run("UPDATE audit_heads SET base_seq = 1, base_hash = (SELECT hash FROM audit WHERE seq = 1)");
    await append({}, 5);
    expect(await pruneTrails(env.DB, KMS, years(1))).toBe(0);
    expect(await broken()).toBe(1);
  });
});
