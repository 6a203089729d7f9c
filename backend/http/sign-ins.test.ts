import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { member, cookieOf, idOf, person, trail } from "../test/people.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

afterEach(() => void vi.useRealTimers());

/** From now on the clock stands at `ms` after the start. */
function clock(): (ms: number) => void {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  return (ms) => vi.setSystemTime(start + ms);
}

const secrets = () => env.DB.prepare("SELECT count(*) n FROM sign_ins").first<number>("n");

it("a sign-in's secret is replaced after an hour of use, and not before", async () => {
  const at = clock();
  const ada = await member("owner");
  at(HOUR - 1);
  expect((await ada.ask("GET", "/api/version")).setCookie).toBeNull();
  at(HOUR);
  const renewed = cookieOf(await ada.ask("GET", "/api/version"));
  expect(renewed).toMatch(/^talos_session=[\w-]{43}$/);
  expect(renewed).not.toBe(ada.cookie);
  expect((await person(renewed).ask("GET", "/api/version")).status).toBe(200);
});

it("of many requests that come at once when it is due, one gets the new secret and none is refused", async () => {
  const at = clock();
  const ada = await member("owner");
  at(HOUR);
  const answers = await Promise.all(Array.from({ length: 12 }, () => ada.ask("GET", "/api/version")));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  expect(answers.filter(({ setCookie }) => setCookie !== null)).toHaveLength(1);
  expect(await secrets()).toBe(2);
});

it("the old secret works a minute beside the new one, and then ends the sign-in: it is a copy", async () => {
  const at = clock();
  const ada = await member("owner");
  at(HOUR);
  const renewed = person(cookieOf(await ada.ask("GET", "/api/version")));
  at(HOUR + MINUTE);
  expect((await renewed.ask("GET", "/api/version")).status).toBe(200);
  at(HOUR + 2 * MINUTE - 1);
  const late = await ada.ask("GET", "/api/version");
  expect([late.status, late.setCookie]).toEqual([200, null]);
  expect((await renewed.ask("GET", "/api/version")).status).toBe(200);
  at(HOUR + 2 * MINUTE);
  expect((await ada.ask("GET", "/api/version")).code).toBe("signed_out");
  expect((await renewed.ask("GET", "/api/version")).code).toBe("signed_out");
  expect(await secrets()).toBe(0);
  expect((await trail()).map(({ actor, action }) => [actor, action])).toEqual([["owner", "sign_in.copied"]]);
});

it("an answer that is lost on its way signs nobody out: the old secret is replaced again", async () => {
  const at = clock();
  const ada = await member("owner");
  at(HOUR);
  expect((await ada.ask("GET", "/api/version")).setCookie).not.toBeNull();
  at(HOUR + MINUTE - 1);
  expect((await ada.ask("GET", "/api/version")).setCookie).toBeNull();
  at(HOUR + MINUTE);
  const renewed = person(cookieOf(await ada.ask("GET", "/api/version")));
  expect((await renewed.ask("GET", "/api/version")).status).toBe(200);
});

it("is over after seven days without use", async () => {
  const at = clock();
  const ada = await member("owner");
  at(7 * DAY - 1);
  expect((await ada.ask("GET", "/api/version")).status).toBe(200);
  at(7 * DAY);
  expect((await ada.ask("GET", "/api/version")).code).toBe("signed_out");
});

it("is over after thirty days, however much it is used", async () => {
  const at = clock();
  let ada = await member("owner");
  for (let day = 1; day < 30; day += 1) {
    at(day * DAY);
    ada = person(cookieOf(await ada.ask("GET", "/api/version")));
  }
  at(30 * DAY - 1);
  expect((await ada.ask("GET", "/api/version")).status).toBe(200);
  at(30 * DAY);
  expect((await ada.ask("GET", "/api/version")).code).toBe("signed_out");
});

it("a change of role replaces the secret at once", async () => {
  const owner = await member("owner");
  const manager = await member("manager");
  expect((await manager.ask("GET", "/api/version")).setCookie).toBeNull();
  await owner.ask("PUT", `/api/members/${await idOf("manager")}/role`, { role: "admin" });
  expect((await owner.ask("GET", "/api/version")).setCookie).toBeNull();
  expect((await manager.ask("GET", "/api/version")).setCookie).not.toBeNull();
});

it("sign-out ends every secret of the sign-in, and no other", async () => {
  const at = clock();
  const ada = await member("owner");
  const elsewhere = await member("owner");
  at(HOUR);
  const renewed = person(cookieOf(await ada.ask("GET", "/api/version")));
  expect((await ada.ask("POST", "/api/sign-out")).status).toBe(204);
  expect((await renewed.ask("GET", "/api/version")).code).toBe("signed_out");
  expect((await elsewhere.ask("GET", "/api/version")).status).toBe(200);
});

it("sign-out everywhere ends all of this member's, codes too, and nobody else's", async () => {
  const [here, there, eve] = [await member("owner"), await member("owner"), await member("viewer", "Eve")];
  const out = await here.ask("POST", "/api/account/sign-out-everywhere");
  expect([out.status, out.setCookie]).toEqual([204, expect.stringContaining("Max-Age=0")]);
  for (const each of [here, there]) expect((await each.ask("GET", "/api/me")).code).toBe("signed_out");
  expect((await eve.ask("GET", "/api/me")).status).toBe(200);
  expect((await trail()).map(({ actor, action }) => [actor, action])).toEqual([
    ["owner", "sign_out_everywhere"],
  ]);
});

it("each sign-in is in the trail, with how", async () => {
  await member("viewer", "Eve");
  expect(await trail("Acme", [])).toEqual([
    { actor: "Eve", action: "sign_in", target: "", metadata: { method: "local" } },
  ]);
});

it("the account lists a sign-in once, whatever secrets it had, and says which one is this", async () => {
  interface Account {
    member: { id: string; label: string; seenAt: number };
    teams: unknown[];
    signIns: { createdAt: number; endsAt: number; current: boolean }[];
    method: string;
  }
  const at = clock();
  const other = await member("owner");
  at(1);
  const ada = await member("owner");
  await member("viewer", "Eve");
  await member("owner", "owner", "Theirs");
  at(HOUR + 1);
  const renewed = person(cookieOf(await ada.ask("GET", "/api/version")));
  const { body } = await renewed.ask<Account>("GET", "/api/account");
  expect(body.signIns.map(({ current }) => current)).toEqual([true, false]);
  expect(body).toMatchObject({ method: "local", member: { label: "owner", seenAt: Date.now() } });
  expect(body.teams).toEqual([
    { id: expect.stringMatching(/^tm_/), name: "Acme", role: "owner", current: true },
  ]);
  expect((await other.ask<Account>("GET", "/api/account")).body.signIns[0]?.current).toBe(false);
  expect((await other.ask("PUT", "/api/account", { label: "Ada" })).status).toBe(204);
  expect((await ada.ask<Account>("GET", "/api/account")).body.member.label).toBe("Ada");
  expect((await trail()).map(({ action }) => action)).toEqual(["member.label"]);
});
