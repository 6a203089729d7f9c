import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { findTeamOfSetup } from "./teams.ts";

const LAST = "0014_free_team_names.sql";

beforeEach(async () => {
  await reset();
  const before = env.TEST_MIGRATIONS.findIndex(({ name }) => name === LAST);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, before));
});

it("teams that were there before names were free keep their names, their people and their ids", async () => {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO teams (id, public_id, name, time_zone, salt, created_at)
        VALUES (7, 'tm_a', 'Acme', 'UTC', x'01', 1), (9, 'tm_b', 'Other', 'UTC', x'02', 1)`,
    ),
    env.DB.prepare(
      "INSERT INTO developers (public_id, team, name, created_at) VALUES ('dev_a', 7, 'Ada', 1)",
    ),
  ]);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  expect(await findTeamOfSetup(env.DB, "Acme")).toMatchObject({ id: 7, publicId: "tm_a", name: "Acme" });

  await env.DB.prepare("UPDATE teams SET name = 'Other' WHERE id = 7").run();
  expect(await findTeamOfSetup(env.DB, "Other")).toMatchObject({ id: 9, name: "Other" });
  const of = "SELECT t.name FROM developers d JOIN teams t ON t.id = d.team";
  expect(await env.DB.prepare(of).first("name")).toBe("Other");
  expect((await env.DB.prepare("PRAGMA foreign_key_check").all()).results).toEqual([]);
});
