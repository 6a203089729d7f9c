import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { jsonCodec } from "#proto/json.ts";
import type { LogRecord } from "#proto/logs.ts";
import { type ConsentingMachine, Owner } from "../test/harness/consenting.ts";
import {
  completionRecord,
  cursorRecord,
  logsRequest,
  promptRecord,
  requestRecord,
  uid,
} from "../test/records.ts";
import { until } from "../test/harness/workers.ts";
import { hasBrowser } from "../test/harness/browser.ts";
import { violations } from "./testkit/browser.ts";
import { Stage, type Tab } from "./testkit/stage.ts";

const TEAM = "Texts";
const SESSION = "5".repeat(32);
const CANARY = "kanarienvogel-7f3a9c";
const HOSTILE = `<img src=x onerror="document.title='${CANARY}'"> **${CANARY}** [x](javascript:alert(1))`;
const LONG = Array.from({ length: 60 }, (_, n) => `${n}: a line of a long answer`).join("\n");
const START_S = Math.floor(Date.now() / 60_000) * 60 - 3600;
const turn = (n: number) => ({ "talos.turn.id": n.toString(16).padStart(32, "a") });

describe.skipIf(!hasBrowser)("a session's timeline in a browser", () => {
  const stage = new Stage();
  let machine: ConsentingMachine;

  async function send(records: LogRecord[], mode: string) {
    const body = Buffer.from(jsonCodec.encodeRequest(logsRequest(records, mode))).toString();
    const response = await machine.post("/v1/logs", body);
    expect([response.status, await response.json()]).toEqual([200, {}]);
  }

  beforeAll(async () => {
    await stage.start();
    const owner = await Owner.of(stage.workers, TEAM);
    await owner.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
    machine = await owner.newMachine();
    await machine.accept("full");
    await send(
      [
        promptRecord({ uid: uid(1), atS: START_S, values: turn(1) }),
        requestRecord({ uid: uid(2), atS: START_S + 20, values: turn(1) }),
        promptRecord({ uid: uid(4), atS: START_S, values: turn(2) }),
        requestRecord({ uid: uid(5), atS: START_S + 440, values: turn(2), model: "custom" }),
        // Of a session without texts.
        requestRecord({ uid: uid(7), session: "6".repeat(32) }),
        cursorRecord({ uid: uid(8), session: "6".repeat(32) }),
      ],
      "off",
    );
    await send(
      [
        promptRecord({ uid: uid(1), atS: START_S, values: turn(1), body: HOSTILE }),
        completionRecord({ uid: uid(3), atS: START_S + 20, values: turn(1), body: LONG }),
        promptRecord({ uid: uid(4), atS: START_S, values: turn(2), body: `Thanks, ${CANARY}` }),
      ],
      "full",
    );
    await until(() => stage.workers.query("SELECT 1 FROM content").length === 3);
  });
  afterAll(() => stage.close());
  afterEach(() => stage.closeTabs());

  const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
  const reads = async (owner: Tab) =>
    (
      await stage.ask<{ entries: { target: string; actorLabel: string }[] }>(
        owner,
        "GET /api/audit?action=content.read",
      )
    ).entries;

  async function open(tab: Tab, session = SESSION): Promise<Page> {
    await tab.page.goto(`/sessions/${session}`);
    await tab.page.getByRole("heading", { name: "Session", exact: true }).waitFor();
    return tab.page;
  }

  async function readTexts(page: Page): Promise<void> {
    await button(page, "Read these 3 texts").click();
    await page.locator(".asking").getByRole("button", { name: "Read these 3 texts" }).click();
    await page.locator("pre.said").first().waitFor();
  }

  it("is reached from the sessions, and shows numbers without reading a text", async () => {
    const owner = await stage.member(TEAM, "owner");
    const { page } = owner;
    await page.locator(`tr[data-key="${SESSION}"] a`).click();
    await page.getByRole("heading", { name: "Turn 2" }).waitFor();
    expect(page.url()).toBe(`${stage.url}/sessions/${SESSION}`);
    expect(await page.title()).toBe("Session · Talos Auditor");
    const turns = page.locator(".turn");
    expect(await turns.count()).toBe(2);
    expect(await turns.nth(0).textContent()).toContain("claude-sonnet-5-5");
    expect(await page.locator(".turns > li").nth(1).textContent()).toMatch(/^7 min later/);
    expect(await turns.nth(1).textContent()).toContain("no known price");
    expect(await page.locator("pre.said").count()).toBe(0);
    expect(await page.textContent("main")).toContain("Reading is recorded");
    expect(await page.content()).not.toContain(CANARY);
    expect([await reads(owner), owner.complaints]).toEqual([[], []]);
  });

  it("shows texts after a yes, as text alone, and the trail says who read", async () => {
    const owner = await stage.member(TEAM, "owner", { viewer: "Grace" });
    const page = await open(owner);
    const before = (await reads(owner)).length;
    await button(page, "Read these 3 texts").click();
    expect(await page.locator(".asking").textContent()).toContain("audit log under your name");
    await page.keyboard.press("Escape");
    expect([await page.locator("pre.said").count(), (await reads(owner)).length]).toEqual([0, before]);

    await readTexts(page);
    const entries = await reads(owner);
    expect(entries.length).toBe(before + 1);
    expect(entries[0]).toMatchObject({ target: SESSION, actorLabel: "Grace" });
    expect(await page.locator("pre.said").first().textContent()).toBe(HOSTILE);
    expect(await page.locator(".turns img, .turns strong, .turns a").count()).toBe(0);
    expect(await page.title()).toBe("Session · Talos Auditor");

    const answer = page.getByRole("region", { name: "answer of turn 1" });
    expect(await answer.locator("pre").textContent()).not.toContain("59: a line");
    await button(page, /^Show all [\d,]+ characters: answer of turn 1$/).press("Enter");
    expect(await answer.locator("pre").textContent()).toBe(LONG);
    expect(await button(page, "Fold: answer of turn 1").getAttribute("aria-expanded")).toBe("true");

    await button(page, "Hide the texts").click();
    expect(await page.content()).not.toContain(CANARY);
    await page.reload();
    await button(page, "Read these 3 texts").waitFor();
    expect(await page.content()).not.toContain(CANARY);
    expect(owner.complaints).toEqual([]);
  });

  it("says where no text is kept", async () => {
    const page = await open(await stage.member(TEAM, "admin"), "6".repeat(32));
    expect(await page.textContent("main")).toContain("No prompt or answer of this session is kept");
    expect(await button(page, /^Read/).count()).toBe(0);
  });

  it("says of a request of Cursor's what is not known, and where it is from", async () => {
    const page = await open(await stage.member(TEAM, "admin"), "6".repeat(32));
    const request = page.locator(".request", { hasText: "Cursor" });
    expect(await request.innerText()).toMatch(
      /default[\s\S]*selected[\s\S]*by database[\s\S]*token counts not known/,
    );
    expect(await request.innerText()).not.toMatch(/\b0\b|\$/);
    if (process.env["SCREENSHOTS"] === "1") await page.screenshot({ path: "/tmp/timeline-cursor.png" });
  });

  it("says what is not there, and why, to everybody else", async () => {
    const { page } = await stage.member(TEAM, "admin");
    for (const id of ["9".repeat(32), "nothing"]) {
      await page.goto(`/sessions/${id}`);
      await page.getByRole("heading", { name: "There is no such session" }).waitFor();
    }
    const manager = await stage.member(TEAM, "manager");
    await manager.page.locator(`tr[data-key="${SESSION}"]`).waitFor();
    expect(await manager.page.locator(`tr[data-key="${SESSION}"] a`).count()).toBe(0);
    await manager.page.goto(`/sessions/${SESSION}`);
    await manager.page.getByText("you are a manager").waitFor();
  });

  it.each([
    { name: "light", options: {} },
    { name: "dark", options: { colorScheme: "dark" as const } },
    { name: "narrow", options: { viewport: { width: 320, height: 700 } } },
  ])("can be used by everybody: $name", async ({ name, options }) => {
    const owner = await stage.member(TEAM, "owner", options);
    const page = await open(owner);
    await readTexts(page);
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(width).toBeLessThanOrEqual(0);
    if (process.env["SCREENSHOTS"] === "1") {
      await page.screenshot({ path: `/tmp/timeline-${name}.png`, fullPage: true });
    }
  });

  it("keeps no text in the clear in any file of the Workers, nor in what they print", () => {
    // The search would find what is there.
    expect(stage.workers.files().some(({ bytes }) => bytes.includes("claude-sonnet-5-5"))).toBe(true);
    for (const { name, bytes } of stage.workers.files())
      expect([name, bytes.includes(CANARY)]).toEqual([name, false]);
    expect(stage.workers.output).not.toContain(CANARY);
  });
});
