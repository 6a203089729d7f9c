import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { signedBytes } from "#proto/agent-api.ts";
import { enrol, ORIGIN, call, post, signIn } from "../test/client.ts";
import {
  ask,
  configIn,
  count,
  enrolled,
  grouping,
  newToken,
  publicKey,
  trail,
  tryEnrol,
} from "../test/machine.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";
import { networkOf } from "./enrol-allowance.ts";

const DAY_MS = 86_400_000;
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "base64url"));
const bulk = (maxUses = 10) => ({ kind: "bulk", maxUses });

async function owner() {
  await enrol();
  return signIn();
}

const set = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

describe("an enrolment token", () => {
  it("is exchanged for an agent token, the salt and a signed configuration", async () => {
    const { teamSalt } = await enrol();
    const { token, fingerprint, groupingKey } = await newToken(await signIn());
    expect(token).toMatch(/^tep_[A-Za-z0-9_-]{43}$/);
    expect(groupingKey).toBeUndefined();
    const answer = await enrolled(token);
    expect(answer).toMatchObject({ team: { name: "Acme" }, salt: teamSalt });
    expect(answer.agentToken).toMatch(/^tal_[A-Za-z0-9_-]{43}$/);
    expect(answer.agent).toMatch(/^agt_[0-9a-f]{24}$/);
    expect(answer.developer.label).toMatch(/^[a-z]+-[a-z]+-\d{2}$/);
    const { key, payload, signature } = answer.config;
    const digest = await crypto.subtle.digest("SHA-256", bytes(key));
    expect(Buffer.from(digest).toString("base64url")).toBe(fingerprint);
    const verifier = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
    const signed = signedBytes("talos-config-1", bytes(payload));
    expect(await crypto.subtle.verify({ name: "Ed25519" }, verifier, bytes(signature), signed)).toBe(true);
    const config = configIn(answer.config);
    expect(config).toMatchObject({ team: answer.team.id, agent: answer.agent, mode: "off" });
    expect(config.expiresAt - config.issuedAt).toBe(7 * DAY_MS);
    expect((await post(answer.agentToken, logsRequest([requestRecord({ uid: uid(1) })]))).status).toBe(200);
  });

  it("is nowhere in the database, nor is what it was exchanged for or what it carries", async () => {
    const cookie = await owner();
    const made = await newToken(cookie, bulk());
    const answer = await enrolled(made.token, { grouping: grouping("a") });
    const { results } = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
      name: string;
    }>();
    const dump: string[] = [];
    for (const { name } of results.filter((table) => !table.name.startsWith("_cf"))) {
      for (const value of (await env.DB.prepare(`SELECT * FROM "${name}"`).raw()).flat()) {
        dump.push(
          Array.isArray(value) ? Buffer.from(value as number[]).toString("base64url") : String(value),
        );
      }
    }
    const all = dump.join("\n");
    for (const secret of [made.token, made.token.slice(4), made.groupingKey ?? "?", answer.agentToken]) {
      expect(all.includes(secret)).toBe(false);
    }
  });

  it("for many: three machines of one person are one developer, another person is another", async () => {
    const { token, groupingKey } = await newToken(await owner(), bulk());
    expect(groupingKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const machines = await Promise.all([1, 2, 3].map(() => enrolled(token, { grouping: grouping("a") })));
    const other = await enrolled(token, { grouping: grouping("b") });
    expect(new Set(machines.map(({ developer }) => developer.id)).size).toBe(1);
    expect(new Set([...machines, other].map(({ agent }) => agent)).size).toBe(4);
    expect(other.developer.id).not.toBe(machines[0]?.developer.id);
    expect(other.developer.label).not.toBe(machines[0]?.developer.label);
  });

  it("for many: the same person in two teams is two developers", async () => {
    const first = await newToken(await owner(), bulk());
    await enrol({ team: "Other" });
    const second = await newToken(await signIn({ team: "Other" }), bulk());
    const [a, b] = await Promise.all([
      enrolled(first.token, { grouping: grouping("a") }),
      enrolled(second.token, { grouping: grouping("a") }),
    ]);
    expect(a.developer.id).not.toBe(b.developer.id);
    expect([a.team.name, b.team.name]).toEqual(["Acme", "Other"]);
    expect(first.groupingKey).not.toBe(second.groupingKey);
  });

  it("for one person's further machine makes no other developer", async () => {
    const cookie = await owner();
    const first = await enrolled((await newToken(cookie)).token);
    const again = await newToken(cookie, { kind: "person", developer: first.developer.id });
    expect((await enrolled(again.token)).developer).toEqual(first.developer);
  });

  it("needs the grouping where it is for many, and its absence tells nothing of the token", async () => {
    const { token } = await newToken(await owner(), bulk());
    const forged = `teb_${"A".repeat(43)}`;
    const [real, unknown] = await Promise.all([tryEnrol(token), tryEnrol(forged)]);
    expect([real.status, unknown.status]).toEqual([400, 400]);
    expect(await real.json()).toEqual(await unknown.json());
  });

  it("draws another pseudonym where one is taken", async () => {
    const cookie = await owner();
    const tokens = [(await newToken(cookie)).token, (await newToken(cookie)).token];
    const draw = crypto.getRandomValues.bind(crypto);
    // The first name is drawn three times: for the first developer, and twice for the second.
    let zeros = 3 * 3;
    crypto.getRandomValues = ((target: Uint8Array | Uint32Array) =>
      target instanceof Uint32Array && zeros-- > 0 ? target.fill(0) : draw(target)) as typeof draw;
    try {
      const [first, second] = [await enrolled(tokens[0] ?? ""), await enrolled(tokens[1] ?? "")];
      expect(first.developer.label).toBe("amber-albatross-10");
      expect(second.developer.label).not.toBe(first.developer.label);
      expect(zeros).toBeLessThan(0);
    } finally {
      crypto.getRandomValues = draw;
    }
  });
});

describe("a token that is not good", () => {
  const spoiled: [
    name: string,
    spoil: (token: { id: string; token: string }, cookie: string) => Promise<unknown>,
    reason: string,
  ][] = [
    ["revoked", ({ id }, cookie) => ask(cookie, `DELETE /api/enrolment-tokens/${id}`), "revoked"],
    ["expired", () => set("UPDATE enrolment_tokens SET expires_at = ?1", Date.now()), "expired"],
    ["used up, and so replayed", ({ token }) => enrolled(token), "used_up"],
  ];

  it.each(spoiled)(
    "%s: refused as if it had never existed, and in the trail",
    async (_name, spoil, reason) => {
      const cookie = await owner();
      const made = await newToken(cookie);
      await spoil(made, cookie);
      const before = [await count("agents"), await count("developers"), await count("agent_tokens")];
      const [refused, forged] = [await tryEnrol(made.token), await tryEnrol(`tep_${"A".repeat(43)}`)];
      expect([refused.status, forged.status]).toEqual([401, 401]);
      expect(await refused.text()).toBe(await forged.text());
      expect(Object.fromEntries(refused.headers)).toEqual(Object.fromEntries(forged.headers));
      expect([await count("agents"), await count("developers"), await count("agent_tokens")]).toEqual(before);
      expect(await trail("enrolment_token.refused")).toEqual([
        { actor: "system", actorId: "", target: made.id, metadata: { reason } },
      ]);
    },
  );

  it("asked for again and again fills no trail: once an hour, and once for each reason", async () => {
    const cookie = await owner();
    const made = await newToken(cookie);
    await enrolled(made.token);
    for (let times = 0; times < 4; times += 1) expect((await tryEnrol(made.token)).status).toBe(401);
    expect(await trail("enrolment_token.refused")).toHaveLength(1);
    await ask(cookie, `DELETE /api/enrolment-tokens/${made.id}`);
    await tryEnrol(made.token);
    expect(await trail("enrolment_token.refused")).toHaveLength(2);
    await set("UPDATE enrolment_tokens SET refused_at = ?1", Date.now() - 3_600_001);
    await tryEnrol(made.token);
    expect(await trail("enrolment_token.refused")).toHaveLength(3);
  });

  it.each(["tep_", "teb_", "tal_", ""])("with the prefix %j and another's secret is none", async (prefix) => {
    const { token } = await newToken(await owner(), prefix === "teb_" ? { kind: "person" } : bulk());
    const swapped = prefix + token.slice(4);
    const response = await tryEnrol(swapped, { grouping: grouping("a") });
    expect(response.status).toBe(/^te[pb]_$/.test(prefix) ? 401 : 400);
    expect(await count("agents")).toBe(1);
  });

  it("of a deleted team is none", async () => {
    const { token } = await newToken(await owner());
    await set("UPDATE teams SET deleted_at = 1");
    expect((await tryEnrol(token)).status).toBe(401);
    expect(await count("agents")).toBe(1);
  });

  it.each([
    [
      "the whole token with the key that the server is not sent",
      { token: `teb_${"A".repeat(43)}.${"A".repeat(43)}` },
    ],
    ["a public key of 31 bytes", { publicKey: "A".repeat(42) }],
    ["no version", { version: undefined }],
    ["a version that is text", { version: "my laptop" }],
    ["a grouping that is a login", { grouping: "ada" }],
    ["a field that is not named", { hostname: "ada-laptop" }],
  ])("%s: 400", async (_name, more) => {
    const { token } = await newToken(await owner());
    expect((await tryEnrol(token, more)).status).toBe(400);
  });
});

describe("of many who come at once", () => {
  it("for the last use one is let in", async () => {
    const { token } = await newToken(await owner());
    const answers = await Promise.all(Array.from({ length: 8 }, () => tryEnrol(token)));
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await env.DB.prepare("SELECT uses FROM enrolment_tokens").first("uses")).toBe(1);
    expect([await count("agents"), await count("developers")]).toEqual([2, 2]);
    expect(await trail("agent.enrol")).toHaveLength(1);
  });

  it("a token for three lets in three", async () => {
    const { token } = await newToken(await owner(), bulk(3));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => tryEnrol(token, { grouping: grouping(String(n)) })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect([await count("agents"), await count("developers")]).toEqual([4, 4]);
  });
});

describe("the exchange", () => {
  it("hands no salt out where it comes by managed policy", async () => {
    const cookie = await owner();
    await set("UPDATE teams SET salt_policy = 'managed'");
    const answer = await enrolled((await newToken(cookie)).token);
    expect(answer).not.toHaveProperty("salt");
    expect(configIn(answer.config).salt).toEqual({ policy: "managed", id: "" });
  });

  it("needs no origin, reads no cookie and sets none", async () => {
    const cookie = await owner();
    const { token } = await newToken(cookie);
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", origin: "https://elsewhere.example", cookie },
      body: JSON.stringify({ token, publicKey: publicKey(), version: "0.1.0" }),
    };
    const response = await call("/v1/enroll", init);
    expect([response.status, response.headers.get("set-cookie")]).toEqual([200, null]);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(ORIGIN).not.toContain("elsewhere");
  });

  it("takes no body that is large, nested without end or no JSON", async () => {
    const send = async (body: string, type = "application/json") =>
      (await call("/v1/enroll", { method: "POST", headers: { "content-type": type }, body })).status;
    expect(await send("x".repeat(20_000))).toBe(413);
    expect(await send("[".repeat(10_000))).toBe(400);
    expect(await send("{}", "text/plain")).toBe(400);
    expect(await send('{"__proto__":{"token":"x"}}')).toBe(400);
    expect((await call("/v1/enroll")).status).toBe(404);
  });

  it("is in the trail with the token that was used", async () => {
    const made = await newToken(await owner());
    const { agent } = await enrolled(made.token);
    expect(await trail("agent.enrol")).toEqual([
      { actor: "agent", actorId: agent, target: made.id, metadata: { kind: "person" } },
    ]);
  });

  it("is refused for a while to an address that asks too often", async () => {
    await owner();
    const BUCKETS = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        take: async () => ({ allowed: !name.startsWith("enrol:"), retryAfterS: 7 }),
      }),
    } as never;
    const response = await tryEnrol(`tep_${"A".repeat(43)}`, {}, { BUCKETS });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
  });

  it("is refused for a while to a token that is used too often, and counts no address in the clear", async () => {
    const { token } = await newToken(await owner());
    const names: string[] = [];
    const BUCKETS = {
      idFromName: (name: string) => name,
      get: (name: string) => {
        names.push(name);
        return { take: async () => ({ allowed: name.startsWith("enrol:"), retryAfterS: 7 }) };
      },
    } as never;
    expect((await tryEnrol(token, {}, { BUCKETS })).status).toBe(429);
    expect(names).toHaveLength(2);
    expect(names.join()).not.toContain("192.0.2.1");
    expect(names.join()).not.toContain(Buffer.from("192.0.2.1").toString("hex"));
  });

  it("passes when the object that counts fails", async () => {
    const { token } = await newToken(await owner());
    const BUCKETS = {
      idFromName: () => {
        throw new Error("no objects");
      },
    } as never;
    expect((await tryEnrol(token, {}, { BUCKETS })).status).toBe(200);
  });
});

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8::1", "2001:db8:0:0"],
  ["::1", ":0:0:0"],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
