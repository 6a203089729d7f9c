import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { contentName } from "../domain/content.ts";
import { enrol } from "../test/client.ts";
import { uid } from "../test/records.ts";
import { sweepContent } from "./content-sweep.ts";

const IN_DAYS = (days: number) => Date.now() + days * 86_400_000;
const store = { db: env.DB, bucket: env.CONTENT };

/** Rows of the team, one for each number. */
async function addRows(team: string, numbers: readonly number[]): Promise<void> {
  const rows = numbers.map((n) => ({ session: uid(n % 7), uid: uid(n) }));
  await env.DB.prepare(
    `INSERT INTO content (team, session, uid, kind, at, turn, developer, model, chars, expires_at)
      SELECT ?1, unhex(value ->> 'session'), unhex(value ->> 'uid'), 2, 1, x'', 1, '', 1, NULL FROM json_each(?2)`,
  )
    .bind(Number(team), JSON.stringify(rows))
    .run();
}

async function addObjects(team: string, numbers: readonly number[]): Promise<void> {
  for (let i = 0; i < numbers.length; i += 50) {
    await Promise.all(
      numbers
        .slice(i, i + 50)
        .map((n) => env.CONTENT.put(contentName(team, { session: uid(n % 7), uid: uid(n) }), "x")),
    );
  }
}

async function left(team: string): Promise<number[]> {
  const numbers: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await env.CONTENT.list({ prefix: `content/${team}/`, ...(cursor ? { cursor } : {}) });
    numbers.push(...page.objects.map(({ key }) => Number.parseInt(key.split("/").at(-1) ?? "", 16)));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return numbers.toSorted((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

it(
  "goes through all teams page by page, over as many nights as that takes, and begins anew",
  { timeout: 120_000 },
  async () => {
    const [a, b] = [await enrol({ team: "A" }), await enrol({ team: "B" })];
    await env.DB.prepare("UPDATE teams SET retention_days = 0").run();
    const all = upTo(2300);
    const isKept = (n: number) => n % 10 > 1;
    // Of ten, one has no row and one no object.
    await addObjects(
      a.team,
      all.filter((n) => n % 10 !== 1),
    );
    await addRows(
      a.teamId,
      all.filter((n) => n % 10 !== 0),
    );
    await addObjects(b.team, upTo(3));
    await addRows(b.teamId, [2, 3, 4]);

    let swept = 0;
    const counts: number[] = [];
    for (let night = 0; night < 5; night += 1) {
      const count = await sweepContent(store, IN_DAYS(16), 1);
      swept += count;
      counts.push(count);
    }
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(2);
    expect(swept).toBe(460 + 2);
    expect(await left(a.team)).toEqual(all.filter(isKept));
    expect(await left(b.team)).toEqual([2, 3]);
    const rows = await env.DB.prepare(
      "SELECT team, count(*) n FROM content GROUP BY team ORDER BY team",
    ).all();
    expect(rows.results.map((row) => row["n"])).toEqual([all.filter(isKept).length, 2]);

    await addObjects(a.team, [9001]);
    expect(await sweepContent(store, IN_DAYS(14), 20)).toBe(0);
    expect(await sweepContent(store, IN_DAYS(16), 20)).toBe(1);
  },
);

it("an object that is written while the sweep looks keeps its row", async () => {
  const a = await enrol({ team: "A" });
  await env.DB.prepare("UPDATE teams SET retention_days = 0").run();
  const list: R2Bucket["list"] = async (options) => {
    const page = await env.CONTENT.list(options);
    await addObjects(a.team, [1]);
    await addRows(a.teamId, [1]);
    return page;
  };
  const bucket = {
    list,
    head: env.CONTENT.head.bind(env.CONTENT),
    delete: env.CONTENT.delete.bind(env.CONTENT),
  } as unknown as R2Bucket;
  expect(await sweepContent({ db: env.DB, bucket }, IN_DAYS(16))).toBe(0);
  expect(await left(a.team)).toEqual([1]);
});
