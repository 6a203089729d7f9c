import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { call, ORIGIN } from "../test/client.ts";
import { cookieOf, member, nobody, person } from "../test/people.ts";

const TOKEN = "mail-token-canary";
const bindings = {
  MAIL_URL: "https://mail.example",
  MAIL_TOKEN: TOKEN,
  MAIL_FROM: "Talos <talos@talos.example>",
  PUBLIC_URL: "https://talos.example",
};

interface Sent {
  url: string;
  headers: Record<string, string>;
  redirect: string | undefined;
  body: { from: string; to: string[]; subject: string; text: string };
}

let sent: Sent[];
let answer: () => Response | Promise<Response>;
beforeEach(() => {
  sent = [];
  answer = () => Response.json({ id: "1" });
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    sent.push({
      url: url as string,
      headers: init?.headers as Record<string, string>,
      redirect: init?.redirect,
      body: JSON.parse(init?.body as string),
    });
    return answer();
  });
});
afterEach(() => void vi.restoreAllMocks());

/** Asks for links from a network of its own, so that no test meets another's allowance. */
let networks = 0;
const link = (email: string, address = `192.0.2.${(networks += 1)}`, more = bindings) =>
  call(
    "/api/sign-in/link",
    {
      method: "POST",
      headers: { "content-type": "application/json", origin: ORIGIN, "cf-connecting-ip": address },
      body: JSON.stringify({ email }),
    },
    more,
  );

async function withEmail(email: string, team = "Acme"): Promise<void> {
  await member("viewer", `Eve of ${team}`, team);
  await env.DB.prepare("UPDATE members SET email = ?1 WHERE label = ?2").bind(email, `Eve of ${team}`).run();
}

describe("a link to sign in", () => {
  it("is sent to a member's address, leads to the public address and works once", async () => {
    await withEmail("once@example.com");
    expect((await link("Once@Example.com")).status).toBe(204);
    expect(sent).toMatchObject([
      {
        url: "https://mail.example/emails",
        headers: { authorization: `Bearer ${TOKEN}`, "idempotency-key": expect.any(String) },
        body: { from: bindings.MAIL_FROM, to: ["once@example.com"] },
      },
    ]);
    const [, code = ""] =
      /https:\/\/talos\.example\/sign-in#([\w-]{43})$/m.exec(sent[0]?.body.text ?? "") ?? [];
    const signedIn = await nobody.ask("POST", "/api/sign-in", { code });
    expect(signedIn.status).toBe(204);
    expect((await person(cookieOf(signedIn)).ask("GET", "/api/me")).status).toBe(200);
    expect((await nobody.ask("POST", "/api/sign-in", { code })).code).toBe("invalid_code");
  });

  it("is answered in the same way, and before anything is looked up, whether somebody has the address or not", async () => {
    await withEmail("known@example.com");
    const seen: string[] = [];
    const prepare = vi.spyOn(env.DB, "prepare");
    const events: string[] = [];
    const watch = async (email: string) => {
      const { default: api } = await import("../worker.ts");
      const waiting: Promise<unknown>[] = [];
      const ctx = {
        waitUntil: (promise: Promise<unknown>) => void waiting.push(promise),
        passThroughOnException() {},
        props: {},
      };
      const headers = {
        "content-type": "application/json",
        origin: ORIGIN,
        "cf-connecting-ip": `198.51.100.${(networks += 1)}`,
      };
      const request = new Request(`${ORIGIN}/api/sign-in/link`, {
        method: "POST",
        headers,
        body: JSON.stringify({ email }),
      });
      // What is asked of the database is asked by name here, so that it is seen when.
      const gate = Promise.withResolvers<void>();
      answer = async () => {
        await gate.promise;
        return Response.json({});
      };
      const response = await api.fetch(request as never, { ...env, ...bindings }, ctx as never);
      events.push(`${email} answered`);
      gate.resolve();
      await Promise.all(waiting);
      const shown = [...response.headers]
        .map(([name, value]) => `${name}: ${value}`)
        .toSorted((a, b) => a.localeCompare(b));
      seen.push(JSON.stringify([response.status, await response.text(), shown]));
    };
    await watch("known@example.com");
    await watch("unknown@example.com");
    expect(new Set(seen).size).toBe(1);
    expect(events).toEqual(["known@example.com answered", "unknown@example.com answered"]);
    expect(sent.map(({ body }) => body.to)).toEqual([["known@example.com"]]);
    prepare.mockRestore();
  });

  it("is sent for each team of a local member, and never where an identity provider knows the person, or they are gone", async () => {
    for (const team of ["Acme", "Second", "Third", "Fourth"]) await withEmail("many@example.com", team);
    await env.DB.prepare("UPDATE members SET subject = 'user_1' WHERE label = 'Eve of Second'").run();
    await env.DB.prepare("UPDATE members SET removed_at = 1 WHERE label = 'Eve of Third'").run();
    await env.DB.prepare("UPDATE teams SET deleted_at = 1 WHERE name = 'Fourth'").run();
    await link("many@example.com");
    expect(sent).toHaveLength(1);
    expect(sent[0]?.body.text.match(/#[\w-]{43}/g)).toHaveLength(1);
    expect(sent[0]?.body.text).toContain("Acme\nhttps://");
  });

  it("is sent three times to one mailbox, whoever asks, and the answer stays the same", async () => {
    await withEmail("often@example.com");
    for (let n = 0; n < 6; n += 1) expect((await link("often@example.com")).status).toBe(204);
    expect(sent).toHaveLength(3);
  });

  it("is asked for ten times from one network, whatever the address", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1)
      statuses.push((await link(`n${n}@example.com`, `2001:db8:0:1::${n}`)).status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect((await link("x@example.com", "2001:db8:0:2::1")).status).toBe(204);
  });

  it("does not exist where there is no mail", async () => {
    expect((await link("a@example.com", "192.0.2.250", {} as never)).status).toBe(404);
    expect((await person("", bindings).ask("GET", "/api/sign-in")).body).toEqual({
      mail: true,
      clerk: false,
    });
  });

  it("fails in silence, and no log holds the address, the code or the token", async () => {
    await withEmail("quiet@example.com");
    const logged: string[] = [];
    for (const level of ["log", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation(
        (...words: unknown[]) => void logged.push(JSON.stringify(words)),
      );
    }
    answer = () => Promise.reject(new Error("canary of the network"));
    expect((await link("quiet@example.com")).status).toBe(204);
    answer = () => new Response("canary of the server", { status: 500 });
    expect((await link("quiet@example.com")).status).toBe(204);
    expect(logged).toHaveLength(2);
    const code = /#([\w-]{43})/.exec(sent[0]?.body.text ?? "")?.[1] ?? "none";
    for (const secret of ["quiet@", code, TOKEN, "canary"]) expect(logged.join("\n")).not.toContain(secret);
  });
});

describe("an invite's mail", () => {
  const invite = async (email: string, team = "Acme") =>
    person((await member("admin", "Ada", team)).cookie, bindings).ask<{ mailed: boolean; link: string }>(
      "POST",
      "/api/invites",
      { email, role: "viewer" },
    );

  it("holds the link, which leads to the public address", async () => {
    const { body } = await invite("new@example.com");
    expect([body.mailed, body.link.startsWith("https://talos.example/invite#")]).toEqual([true, true]);
    expect(sent[0]?.body.text).toContain(body.link);
  });

  it("shows no link that somebody wrote into a team's name", async () => {
    await invite("spam@example.com", "Win at https://evil.example/now");
    const { subject, text } = sent[0]?.body ?? { subject: "", text: "" };
    expect(subject).toBe("Join Win at https evil example now on Talos Auditor");
    expect(text.match(/\S+\.\S+/g)?.filter((word) => word.includes("evil"))).toEqual([]);
  });

  it("says so when it was not taken; the invite is made all the same", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    answer = () => new Response(null, { status: 302, headers: { location: "https://evil.example" } });
    const { status, body } = await invite("bounced@example.com");
    // Followed, it would hand the mail and the token to whoever the answer names.
    expect([status, body.mailed, sent[0]?.redirect]).toEqual([200, false, "manual"]);
  });

  it("comes three times to one mailbox", async () => {
    const mailed: boolean[] = [];
    for (let n = 0; n < 5; n += 1) mailed.push((await invite("flood@example.com")).body.mailed);
    expect(mailed).toEqual([true, true, true, false, false]);
  });
});

it.each([
  { MAIL_TOKEN: undefined },
  { MAIL_FROM: undefined },
  { PUBLIC_URL: undefined },
  { MAIL_URL: "http://mail.example" },
])("a Worker whose mail is half set up answers nothing: %j", async (wrong) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const half = { ...bindings, ...wrong } as typeof bindings;
  expect((await person("", half).ask("GET", "/api/sign-in")).status).toBe(503);
});
