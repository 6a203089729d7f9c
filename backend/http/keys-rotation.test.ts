import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { keyId } from "../domain/keyring.ts";
import type { ApiBindings } from "../env.ts";
import { openDeadLetter, putDeadLetter } from "../store/dead-letters.ts";
import { DIGEST_TABLES } from "../store/secrets.ts";
import { call, enrol, ORIGIN, SETUP, signIn } from "../test/client.ts";
import type { Rotation } from "./keys-rotation.ts";

const OLD = { KMS_KEY: env.KMS_KEY ?? "", PEPPER: env.PEPPER ?? "" };
const NEW = { KMS_KEY: `new-${OLD.KMS_KEY}`, PEPPER: `new-${OLD.PEPPER}` };
const BOTH = { ...NEW, KMS_KEY_PREVIOUS: OLD.KMS_KEY, PEPPER_PREVIOUS: OLD.PEPPER };
/** `with` these secrets a Worker runs. */
type Secrets = Partial<ApiBindings>;

const setUp = (path: string, body: unknown, secrets: Secrets) =>
  call(
    path,
    {
      method: "POST",
      headers: { authorization: `Bearer ${SETUP}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    },
    secrets,
  );

async function rotate(
  secrets: Secrets,
): Promise<{ resealed: number; unreadable: number; left: Rotation["left"] }> {
  const total = { resealed: 0, unreadable: 0 };
  for (let cursor: string | undefined; ;) {
    const response = await setUp("/local/keys/rotate", cursor === undefined ? {} : { cursor }, secrets);
    expect(response.status).toBe(200);
    const { resealed, unreadable, next, left } = await response.json<Rotation>();
    total.resealed += resealed;
    total.unreadable += unreadable;
    if (next === null) return { ...total, left };
    cursor = next;
  }
}

let cookie = "";
let team: Awaited<ReturnType<typeof enrol>>;
beforeEach(async () => {
  team = await enrol();
  cookie = await signIn({ role: "owner", viewer: "Grace" });
});

const send = (method: string, path: string, secrets: Secrets, body?: unknown) =>
  call(
    path,
    {
      method,
      headers: { cookie, origin: ORIGIN, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    secrets,
  );
const by = async (secret: string, path: string, secrets: Secrets) =>
  (await call(path, { headers: { authorization: `Bearer ${secret}` } }, secrets)).status;
const newKey = async (secrets: Secrets) =>
  (
    await (
      await send("POST", "/api/keys", secrets, { label: "K", scopes: ["reports:read"] })
    ).json<{ secret: string }>()
  ).secret;
const saltOf = async (secrets: Secrets) =>
  (
    await (
      await setUp("/local/enrol", { team: "Acme", timeZone: "UTC", developer: "Ada" }, secrets)
    ).json<{ teamSalt: string }>()
  ).teamSalt;
const fingerprint = async (secrets: Secrets) =>
  (await (await send("GET", "/api/team", secrets)).json<{ fingerprint: string }>()).fingerprint;
const letter = (secrets: Secrets) =>
  openDeadLetter(env.DEAD_LETTERS, { current: secrets.KMS_KEY ?? "", previous: undefined }, "dead/1/a");

describe("rotating both secrets", () => {
  it("everything opens before, meanwhile and after, and nothing needs the old ones any more", async () => {
    const [used, unused] = [await newKey(OLD), await newKey(OLD)];
    const before = await fingerprint(OLD);
    await send("POST", "/api/enrolment-tokens", OLD, { kind: "bulk", maxUses: 2 });
    await putDeadLetter(
      env.DEAD_LETTERS,
      { current: OLD.KMS_KEY, previous: undefined },
      { team: 1, id: "a", body: { n: 1 }, nowMs: 5 },
    );
    expect(
      (await env.DB.prepare("SELECT length(grouping_key) n FROM teams").first<number>("n")) ?? 0,
    ).toBeGreaterThan(32);

    // The new secrets are there, and nothing is rotated yet.
    expect(await saltOf(BOTH)).toBe(team.teamSalt);
    expect(await fingerprint(BOTH)).toBe(before);
    expect(await by(used, "/api/version", BOTH)).toBe(200);
    expect(await by(team.agentToken, "/v1/agent/config", BOTH)).toBe(200);

    const { resealed, unreadable, left } = await rotate(BOTH);
    expect([resealed, unreadable]).toEqual([5, 0]);
    expect(left?.sealed).toEqual({
      "teams.salt": 0,
      "teams.signing_key": 0,
      "teams.grouping_key": 0,
      "audit_heads.seal": 0,
      content_keys: 0,
    });
    expect(left?.hashed).toMatchObject({ api_keys: 1, agent_tokens: 0, enrolment_tokens: 1, sign_ins: 0 });

    // The old ones are gone.
    expect(await saltOf(NEW)).toBe(team.teamSalt);
    expect(await fingerprint(NEW)).toBe(before);
    expect(await letter(NEW)).toEqual({ n: 1 });
    await expect(letter(OLD)).rejects.toMatchObject({
      name: expect.stringMatching(/^[A-Za-z]*Error$/) as string,
    });
    expect((await env.DEAD_LETTERS.get("dead/1/a"))?.customMetadata?.["expiresAt"]).toBe(
      String(5 + 14 * 86_400_000),
    );
    expect(await by(used, "/api/version", NEW)).toBe(200);
    expect(await by(team.agentToken, "/v1/agent/config", NEW)).toBe(200);
    expect(await by(unused, "/api/version", NEW)).toBe(401);
    expect(await (await send("GET", "/api/audit/check", NEW)).json()).toMatchObject({
      broken: null,
      next: null,
    });
    expect((await send("POST", "/api/enrolment-tokens", NEW, { kind: "bulk", maxUses: 2 })).status).toBe(200);
    expect((await rotate(NEW)).resealed).toBe(0);
  });

  it("is in each team's trail, by the key's id alone", async () => {
    await enrol({ team: "Other", developer: "Eve" });
    await rotate(BOTH);
    const { results } = await env.DB.prepare(
      "SELECT team, actor_kind kind, metadata FROM audit WHERE action = 'keys.rotate' ORDER BY team",
    ).all();
    const metadata = JSON.stringify({ kind: "kms", key: await keyId("kms", NEW.KMS_KEY), values: 1 });
    expect(results).toEqual([
      { team: 1, kind: "system", metadata },
      { team: 2, kind: "system", metadata },
    ]);
    await rotate(BOTH);
    expect(await env.DB.prepare("SELECT count(*) n FROM audit WHERE action = 'keys.rotate'").first("n")).toBe(
      2,
    );
  });

  it("opens what was sealed before keys had ids, and seals it anew", async () => {
    await env.DB.prepare("UPDATE teams SET salt = substr(salt, 9)").run();
    expect(await saltOf(OLD)).toBe(team.teamSalt);
    expect(await saltOf(BOTH)).toBe(team.teamSalt);
    expect((await rotate(BOTH)).left?.sealed["teams.salt"]).toBe(0);
    expect(await saltOf(NEW)).toBe(team.teamSalt);
  });

  it("without the key before, says what it cannot read, and leaves it", async () => {
    await fingerprint(OLD);
    await putDeadLetter(
      env.DEAD_LETTERS,
      { current: OLD.KMS_KEY, previous: undefined },
      { team: 1, id: "a", body: 1, nowMs: 5 },
    );
    const { resealed, unreadable, left } = await rotate({ ...NEW, PEPPER: OLD.PEPPER });
    expect([resealed > 1, unreadable]).toEqual([false, 3]);
    expect(left?.sealed).toMatchObject({ "teams.salt": 1, "teams.signing_key": 1 });
    expect(await saltOf(OLD)).toBe(team.teamSalt);
    expect(await letter(OLD)).toBe(1);
  });

  it("does not take a letter that could not be stored for one that nobody can read", async () => {
    const kms = { current: OLD.KMS_KEY, previous: undefined };
    await putDeadLetter(env.DEAD_LETTERS, kms, { team: 1, id: "a", body: 1, nowMs: 5 });
    const { DEAD_LETTERS: real } = env;
    const broken = {
      list: (options: R2ListOptions) => real.list(options),
      get: (name: string) => real.get(name),
      put: () => Promise.reject(new Error("Network connection lost.")),
    } as unknown as R2Bucket;
    const cursor = "letter:";
    const failed = await setUp("/local/keys/rotate", { cursor }, { ...BOTH, DEAD_LETTERS: broken });
    expect(failed.status).toBe(503);
    const answer = await (await setUp("/local/keys/rotate", { cursor }, BOTH)).json<Rotation>();
    expect([answer.resealed, answer.unreadable]).toEqual([1, 0]);
  });

  it("goes through all teams and all letters, part by part", { timeout: 60_000 }, async () => {
    for (let n = 0; n < 45; n += 1) await enrol({ team: `Team ${n}`, developer: "Ada" });
    for (let n = 0; n < 120; n += 1) {
      await putDeadLetter(
        env.DEAD_LETTERS,
        { current: OLD.KMS_KEY, previous: undefined },
        { team: 1, id: `${n}`, body: n, nowMs: 5 },
      );
    }
    const { unreadable, left } = await rotate(BOTH);
    expect([unreadable, left?.sealed["teams.salt"]]).toEqual([0, 0]);
    const kms = { current: NEW.KMS_KEY, previous: undefined };
    for (const n of [0, 60, 119]) expect(await openDeadLetter(env.DEAD_LETTERS, kms, `dead/1/${n}`)).toBe(n);
  });
});

describe("digests", () => {
  it("carry the pepper's id, whatever makes them", async () => {
    await newKey(OLD);
    await send("POST", "/api/enrolment-tokens", OLD, { kind: "bulk", maxUses: 2 });
    await send("POST", "/api/invites", OLD, { email: "ada@example.com", role: "viewer" });
    await setUp("/local/sign-in-code", {}, OLD);
    const linking = { method: "POST", headers: { authorization: `Bearer ${team.agentToken}` } };
    await call("/v1/agent/link", linking, OLD);
    const id = await keyId("pepper", OLD.PEPPER);
    for (const table of DIGEST_TABLES) {
      const { results } = await env.DB.prepare(`SELECT DISTINCT pepper FROM ${table}`).all();
      expect([table, results]).toEqual([table, [{ pepper: id }]]);
    }
  });

  it("move to the new pepper when they are used, and only then", async () => {
    const key = await newKey(OLD);
    const id = () => env.DB.prepare("SELECT pepper FROM api_keys").first("pepper");
    expect(await by(`tak_${"x".repeat(43)}`, "/api/version", BOTH)).toBe(401);
    expect(await id()).toBe(await keyId("pepper", OLD.PEPPER));
    expect(await by(key, "/api/version", BOTH)).toBe(200);
    expect(await id()).toBe(await keyId("pepper", NEW.PEPPER));
    expect(await by(key, "/api/version", OLD)).toBe(401);
  });

  it("of sign-ins and codes go on too: nobody is signed out", async () => {
    const issued = await (await setUp("/local/sign-in-code", {}, OLD)).json<{ code: string }>();
    expect((await send("GET", "/api/me", BOTH)).status).toBe(200);
    expect((await send("GET", "/api/me", NEW)).status).toBe(200);
    expect((await send("POST", "/api/sign-in", BOTH, { code: issued.code })).status).toBe(204);
  });

  it("that name no pepper are of the only one there is", async () => {
    await newKey(OLD);
    await env.DB.prepare("UPDATE api_keys SET pepper = ''").run();
    expect((await rotate(OLD)).left?.hashed).toMatchObject({ api_keys: 0 });
    await env.DB.prepare("UPDATE api_keys SET pepper = ''").run();
    expect((await rotate(BOTH)).left?.hashed).toMatchObject({ api_keys: 1 });
  });

  it("that cannot be used any more are not counted", async () => {
    await newKey(OLD);
    await env.DB.prepare("UPDATE api_keys SET revoked_at = 1").run();
    expect((await rotate(BOTH)).left?.hashed).toMatchObject({ api_keys: 0 });
  });
});

describe("the route", () => {
  it.each(["x", "team:", "team:-1", "team:1;2", "letters:"])("refuses the cursor %j", async (cursor) => {
    expect((await setUp("/local/keys/rotate", { cursor }, {})).status).toBe(400);
  });

  it("is for who holds the set-up secret alone", async () => {
    expect(
      (await call("/local/keys/rotate", { method: "POST", headers: { cookie, origin: ORIGIN } })).status,
    ).toBe(401);
    expect((await setUp("/local/keys/rotate", {}, { SETUP_SECRET: undefined as never })).status).toBe(404);
  });
});
