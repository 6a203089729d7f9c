import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { enrol } from "../test/client.ts";
import { teamGroupingKey, teamSigningKey } from "./signing.ts";

const KMS = { current: "kms-key-for-tests-only-0123456789abcdef", previous: undefined };

/** A database in which something else happens between what is read first and what follows. */
function meanwhile(run: () => Promise<unknown>): D1Database {
  let isFirst = true;
  return new Proxy(env.DB, {
    get: (db, name) => {
      if (name !== "prepare" || !isFirst) return Reflect.get(db, name).bind(db);
      isFirst = false;
      return (sql: string) => ({
        bind: (...values: unknown[]) => ({
          first: async () => {
            const row = await db
              .prepare(sql)
              .bind(...values)
              .first();
            await run();
            return row;
          },
        }),
      });
    },
  });
}

it.each([
  ["signing", async (db: D1Database) => Buffer.from((await teamSigningKey(db, 1, KMS)).publicKey)],
  ["grouping", async (db: D1Database) => Buffer.from(await teamGroupingKey(db, 1, KMS))],
])("two who ask for the %s key first agree on one", async (_name, key) => {
  await enrol();
  let other = Buffer.of();
  const own = await key(
    meanwhile(async () => {
      other = await key(env.DB);
    }),
  );
  expect(own.toString("hex")).toBe(other.toString("hex"));
  expect((await key(env.DB)).toString("hex")).toBe(other.toString("hex"));
});

it("a key that is moved to another team, or another column, opens nothing", async () => {
  await enrol();
  await enrol({ team: "Other" });
  await teamSigningKey(env.DB, 1, KMS);
  await teamGroupingKey(env.DB, 1, KMS);
  await env.DB.exec(
    "UPDATE teams SET signing_key = (SELECT signing_key FROM teams WHERE id = 1) WHERE id = 2",
  );
  await expect(teamSigningKey(env.DB, 2, KMS)).rejects.toMatchObject({ name: "OperationError" });
  await env.DB.exec("UPDATE teams SET grouping_key = signing_key WHERE id = 1");
  await expect(teamGroupingKey(env.DB, 1, KMS)).rejects.toMatchObject({ name: "OperationError" });
});
