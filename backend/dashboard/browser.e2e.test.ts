import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatMoney, formatRatio, formatTokens, money } from "./format.ts";
import { hasBrowser, launchBrowser } from "../test/harness/browser.ts";
import { violations } from "./testkit/browser.ts";
import { FakeApi } from "./testkit/fake-api.ts";
import { foldReport, foldSessions } from "./testkit/folded.ts";
import { LAST_DAY } from "./testkit/invented-team.ts";
import type { Fact } from "./testkit/invented-team.ts";
import { tokensOf } from "./tokens.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SCREENSHOTS = here("../../docs/screenshots/");
const FROM = "2026-10-26";
const SHORT = "/?from=2026-11-18&to=2026-11-24";

describe.skipIf(!hasBrowser)("the dashboard in a browser", () => {
  let browser: Browser;
  let api: FakeApi;
  let origin: string;
  let page: Page;
  /** What the page complained about; each test expects nothing, or says what. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    api = new FakeApi(here("dist"));
    origin = await api.start();
    page = await openPage();
  });
  afterEach(async () => {
    await page.context().close();
    await api.stop();
  });

  async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      colorScheme: "light",
      timezoneId: "America/Los_Angeles",
      locale: "en-US",
      ...options,
    });
    const opened = await context.newPage();
    complaints = [];
    opened.on("pageerror", (error) => complaints.push(error.message));
    opened.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    return opened;
  }

  const show = async (path = "/") => {
    await page.goto(origin + path);
    await page.locator(".chart .bars").waitFor();
  };
  const report = (by: "model" | "project" | "developer" = "model") =>
    foldReport(api.facts, FROM, LAST_DAY, { by, names: api.names, version: 1 });
  const valueOf = (id: string) => page.locator(`[data-number="${id}"] .value`).textContent();
  const rowOf = (dimension: string, key: string) =>
    page.locator(`[data-dimension="${dimension}"] tr[data-key="${key}"]`);
  const aFact = (): Fact => ({
    ...(api.facts.at(-1) as Fact),
    session: "f".repeat(32),
    day: LAST_DAY,
    at: Date.UTC(2026, 10, 24, 15, 30),
    developer: "dev-0",
    model: "claude-opus-4-5",
    source: "claude_code",
    counted: true,
  });

  describe("numbers", () => {
    it("are those of the API, for the last 30 days that hold data", async () => {
      await show();
      const { totals, cache } = report();
      expect(await valueOf("list-value")).toBe(formatMoney(money(totals.listValue)));
      expect(await valueOf("saving")).toBe(formatMoney(money(cache.saving)));
      expect(await valueOf("hit-ratio")).toBe(formatRatio(cache.hitRatio));
      expect(await valueOf("tokens")).toBe(formatTokens(tokensOf(totals)));
      expect(await valueOf("requests")).toBe(totals.requests.toLocaleString("en-US"));
      expect(await valueOf("prompts")).toBe(totals.prompts.toLocaleString("en-US"));
      expect(await valueOf("sessions")).toBe(String(totals.sessions));
      expect(await valueOf("developers")).toBe("7");
      expect(complaints).toEqual([]);
    });

    it("never pass an unknown price or an unknown count off as 0", async () => {
      await show();
      const cells = (key: string) => rowOf("model", key).locator("td").allTextContents();
      expect((await cells("composer-1")).slice(0, 1)).toEqual(["no known price"]);
      expect((await cells("default")).slice(0, 2)).toEqual(["not known", "not known"]);
      const { totals } = report();
      const { requests, unpricedRequests, uncountedRequests } = totals;
      const missing = (id: string) => page.locator(`[data-number="${id}"] .missing`).textContent();
      expect(await missing("list-value")).toBe(
        `+ ${unpricedRequests.toLocaleString("en-US")} requests without a known price`,
      );
      const uncounted = `${uncountedRequests.toLocaleString("en-US")} of ${requests.toLocaleString("en-US")} requests without token counts`;
      expect(await missing("tokens")).toBe(uncounted);
      const note = page.locator(".notes-list > div", { hasText: uncounted });
      expect(await note.innerText()).toContain("talos cursor-hooks install");
      const text = await page.locator("main").innerText();
      expect(text).not.toMatch(/cost paid|\$0\.00\b.*composer/);
    });

    it("say of Cursor's models that they were selected, in tables and in sessions", async () => {
      await show();
      expect(await rowOf("model", "default").locator("th").innerText()).toMatch(/Auto.*\s*selected/);
      expect(await rowOf("model", "claude-opus-4-5").locator("th").innerText()).toMatch(/\d+ selected/);
      expect(await rowOf("model", "claude-haiku-4-5").locator("th").innerText()).not.toContain("selected");
      const cursor = page.locator(".sessions .models", { hasText: "Cursor:" });
      expect(await cursor.first().innerText()).toContain("(selected)");
    });

    it("each have a definition that a keyboard opens and Escape closes", async () => {
      await show();
      const info = page.getByRole("button", { name: "What is cache-hit ratio?" });
      await info.focus();
      await page.keyboard.press("Enter");
      expect(await page.locator(".definition-panel").innerText()).toContain("weighted by tokens");
      expect(await info.getAttribute("aria-expanded")).toBe("true");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator(".definition-panel").count()).toBe(0);
      expect(await info.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await page.getByRole("button", { name: /^What is/ }).count()).toBe(9);
    });
  });

  describe("the address", () => {
    it("is the view, and back and forward lead through the views", async () => {
      await show();
      await page.getByRole("button", { name: "7 days" }).click();
      await page.waitForURL(`${origin}${SHORT}`);
      await page.getByRole("button", { name: "Project", exact: true }).click();
      await page.waitForURL(`${origin}${SHORT}&by=project`);
      await page.getByRole("button", { name: "Tokens", exact: true }).click();
      await page.waitForURL(`${origin}${SHORT}&by=project&show=tokens`);
      expect(await page.getByRole("heading", { name: "Tokens per day" }).count()).toBe(1);
      await page.goBack();
      await page.goBack();
      await page.goBack();
      await expect.poll(() => page.url()).toBe(`${origin}/`);
      await expect.poll(() => valueOf("list-value")).toBe(formatMoney(money(report().totals.listValue)));
      await page.goForward();
      await expect
        .poll(() => page.locator(".title-days").textContent())
        .toContain("18 Nov – 24 Nov 2026 · 7 days");
    });

    it("takes days of one's own, and says what is wrong with them", async () => {
      await show();
      await page.getByRole("button", { name: "Custom…" }).click();
      await page.getByLabel("First day").fill("2026-11-20");
      await page.getByLabel("Last day").fill("2026-11-10");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      expect(await page.getByRole("alert").textContent()).toBe("The first day is after the last day.");
      await page.getByLabel("First day").fill("2026-11-02");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${origin}/?from=2026-11-02&to=2026-11-10`);
    });

    it("of a range without data leads to where the data is", async () => {
      await page.goto(`${origin}/?from=2026-01-01&to=2026-01-31`);
      await page.getByRole("heading", { name: "Nothing in these days" }).waitFor();
      await page.getByRole("link", { name: "Show the newest 30 days" }).click();
      await page.locator(".chart .bars").waitFor();
      expect(page.url()).toBe(`${origin}/`);
    });
  });

  describe("the chart", () => {
    it("reads each day to a keyboard, and shows it", async () => {
      await show(SHORT);
      const chart = page.getByRole("slider");
      await chart.focus();
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Home");
      expect(await chart.getAttribute("aria-valuetext")).toMatch(/^Wed, 18 Nov 2026: \$\d+\.\d\d; claude-/);
      expect(await page.locator(".tooltip").innerText()).toContain("Wed, 18 Nov 2026");
      await page.keyboard.press("ArrowRight");
      expect(await chart.getAttribute("aria-valuenow")).toBe("2");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator(".tooltip").count()).toBe(0);
    });

    it("shows the day under the pointer", async () => {
      await show(SHORT);
      const box = await page.locator(".chart").boundingBox();
      if (!box) throw new Error("the chart has no box");
      await page.mouse.move(box.x + box.width - 30, box.y + 100);
      expect(await page.locator(".tooltip").innerText()).toContain("Tue, 24 Nov 2026");
    });

    it("has a table with the same numbers, to the last digit", async () => {
      await show("/?by=developer");
      await page.getByText("Show the same numbers as a table").click();
      const shown = await page
        .locator(".twin tbody tr")
        .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.title)));
      const { days, series } = report("developer");
      expect(shown).toHaveLength(30);
      const picodollars = (title: string) => {
        const [whole = "", part = ""] = title.replace(/[$,]/g, "").split(".");
        return BigInt(whole + part.padEnd(12, "0"));
      };
      const people = series.rows.toSorted((a, b) => a.label.localeCompare(b.label));
      days.toReversed().forEach((day, index) => {
        const cells = shown[index]?.map(picodollars) ?? [];
        const expected = people.map((row) => BigInt(row.listValue[days.length - 1 - index] ?? 0));
        expect(cells).toEqual([BigInt(day.listValue), ...expected]);
      });
      // The bars of the newest day are as high as its share of the axis.
      const heights = await page
        .locator(".bars .segment rect:first-child")
        .evaluateAll(
          (rects) =>
            rects.filter((rect) => rect.getAttribute("x") === rects.at(-1)?.getAttribute("x")).length,
        );
      expect(heights).toBe(people.filter((row) => row.listValue.at(-1) !== "0").length);
    });
  });

  describe("live", () => {
    it("new data appears without a reload, a lost focus or a lost scroll position", async () => {
      await show();
      await page.evaluate(() => Object.assign(window, { sameDocument: true }));
      await rowOf("project", api.facts[0]?.project ?? "")
        .getByRole("button")
        .focus();
      // Where the reader looks: a line more above it may move the page beneath, and not what is read.
      const read = () =>
        page.evaluate(() => Math.round(document.activeElement?.getBoundingClientRect().top ?? 0));
      const place = await read();
      const order = () =>
        page
          .locator('[data-dimension="project"] tbody tr')
          .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));
      const before = await order();
      const rare = before.at(-2) ?? "";
      api.add(...Array.from({ length: 3000 }, () => ({ ...aFact(), project: rare })));
      await expect
        .poll(() => valueOf("list-value"), { timeout: 5000 })
        .toBe(formatMoney(money(report().totals.listValue)));
      expect(await page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);
      expect(await page.evaluate(() => document.activeElement?.className)).toBe("pencil");
      expect(await order()).toEqual(before);
      expect(await read()).toBe(place);
      await page.evaluate(
        () => document.activeElement instanceof HTMLElement && document.activeElement.blur(),
      );
      await expect.poll(async () => (await order())[0]).toBe(rare);
    });

    it("the first request replaces the empty page by itself", async () => {
      const first = aFact();
      api.facts = [];
      await page.goto(origin);
      await page.getByRole("heading", { name: "Ready for the first numbers" }).waitFor();
      api.add(first);
      await expect
        .poll(() => page.locator('[data-number="requests"] .value').count(), { timeout: 5000 })
        .toBe(1);
      expect(await valueOf("requests")).toBe("1");
      expect(complaints).toEqual([]);
    });

    it("a lost connection is said, the numbers stay, and they come back by themselves", async () => {
      await show();
      api.broken = "cut";
      await page.getByText("These numbers may be old.").waitFor({ timeout: 5000 });
      expect(await page.locator(".live").innerText()).toContain("Not connected");
      expect(await page.locator(".chart .bars").count()).toBe(1);
      api.broken = null;
      await expect.poll(() => page.locator(".stale").count(), { timeout: 5000 }).toBe(0);
    });
  });

  describe("names", () => {
    it("of projects are given in place, by keyboard alone, and kept", async () => {
      await show();
      const unnamed = "61c8e3fa".repeat(8);
      const row = rowOf("project", unnamed);
      await row.getByRole("button", { name: "Name project 61c8e3fa…" }).focus();
      await page.keyboard.press("Enter");
      await page.keyboard.type("billing <b>engine</b>");
      await page.keyboard.press("Enter");
      await expect.poll(() => row.locator(".editable-label").textContent()).toBe("billing <b>engine</b>");
      expect(api.names.projects.get(unnamed)).toBe("billing <b>engine</b>");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
        "Name project billing <b>engine</b>",
      );
      await page.reload();
      await expect.poll(() => row.locator(".editable-label").textContent()).toBe("billing <b>engine</b>");
    });

    it("that could not be saved stay in the field, with the reason", async () => {
      await show();
      await page.getByRole("button", { name: "Name developer Ada" }).click();
      api.broken = 503;
      await page.getByLabel("New name of developer Ada").fill("Ada L.");
      await page.keyboard.press("Enter");
      await page.getByText("Not saved.").waitFor();
      expect(await page.getByLabel("New name of developer Ada").inputValue()).toBe("Ada L.");
      api.broken = null;
      await page.keyboard.press("Enter");
      await expect
        .poll(() => rowOf("developer", "dev-0").locator(".editable-label").textContent())
        .toBe("Ada L.");
    });

    it.each([
      { role: "viewer", projects: false, developers: false },
      { role: "manager", projects: true, developers: false },
      { role: "admin", projects: true, developers: true },
    ] as const)("are given by whoever may: a $role", async ({ role, projects, developers }) => {
      api.role = role;
      await show();
      const pencils = (dimension: string) => page.locator(`[data-dimension="${dimension}"] .pencil`).count();
      expect((await pencils("project")) > 0).toBe(projects);
      expect((await pencils("developer")) > 0).toBe(developers);
      expect(await page.locator('[data-dimension="developer"] .editable-label').count()).toBe(7);
    });

    it("order people, whatever they used", async () => {
      await show();
      const people = await page.locator('[data-dimension="developer"] .editable-label').allTextContents();
      expect(people).toEqual(people.toSorted());
      expect(await page.locator('[data-dimension="developer"] .share-bar').count()).toBe(0);
      await page.getByRole("button", { name: "Developer", exact: true }).click();
      await page.locator(".legend").getByText("Ada").waitFor();
      expect(await page.locator(".legend-share").count()).toBe(0);
    });
  });

  it("sessions are paged to the last, in the team's time", async () => {
    await show();
    const all = foldSessions(api.facts, FROM, LAST_DAY, api.names);
    const rows = page.locator(".sessions tbody tr");
    expect(await rows.count()).toBe(12);
    // Not by its words: they change while a page is loading.
    const more = page.locator("button.more");
    while ((await more.count()) > 0) await more.click();
    expect(await rows.evaluateAll((list) => list.map((row) => row.getAttribute("data-key")))).toEqual(
      all.map(({ id }) => id),
    );
    expect(await rows.first().locator("th").textContent()).toBe("24 Nov, 14:34");
  });

  describe("signing in", () => {
    it("uses the code behind the # once, and leaves it nowhere", async () => {
      api.signedIn = false;
      api.codes.add("c0de");
      await page.goto(`${origin}/sign-in#c0de`);
      await page.locator(".chart .bars").waitFor();
      expect(page.url()).toBe(`${origin}/`);
      expect(api.calls.some((call) => call.includes("c0de"))).toBe(false);
      expect(complaints).toEqual([]);
    });

    it("with a used link says so, and how to get a new one", async () => {
      api.signedIn = false;
      await page.goto(`${origin}/sign-in#old`);
      await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
      expect(await page.locator("main").innerText()).toContain("npm start");
      expect(page.url()).toBe(`${origin}/sign-in`);
      api.codes.add("new");
      await page.goto(`${origin}/sign-in#new`);
      await page.locator(".chart .bars").waitFor();
    });

    it("is by mail where that is set up, whoever has the address", async () => {
      api.signedIn = false;
      api.mailed = [];
      await page.goto(`${origin}/sign-in`);
      await page.getByLabel("E-mail").fill("ada@example.com");
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Enter");
      await page.getByText("If ada@example.com is a member's, a link is on its way.").waitFor();
      expect(api.mailed).toEqual(["ada@example.com"]);
      api.broken = 429;
      await page.getByRole("button", { name: "Send me a link" }).click();
      await page.getByText("Too many requests: wait a minute.").waitFor();
      api.broken = null;
      // Also where the session ended.
      await page.goto(origin);
      await page.getByRole("button", { name: "Send me a link" }).waitFor();
      api.mailed = null;
      await page.goto(origin);
      await page.getByText("npm start").waitFor();
      expect(await page.getByLabel("E-mail").count()).toBe(0);
    });

    it("ends with a sign-out, and nothing of the team stays on the page", async () => {
      await show();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      expect(api.calls).toContain("POST /api/sign-out");
      expect(await page.locator("body").innerText()).not.toMatch(/Northwind|\$/);
    });

    it("is asked for when the session has ended, and nothing of the team stays on the page", async () => {
      await show();
      api.signedIn = false;
      await page.getByRole("heading", { name: "You are signed out" }).waitFor({ timeout: 5000 });
      expect(await page.locator("body").innerText()).not.toMatch(/Northwind|\$/);
    });
  });

  it("a failing server is named, with what to do, and trying again works", async () => {
    api.broken = 503;
    await page.goto(origin);
    await page.getByText("The server failed (status 503, broken_on_purpose).").waitFor();
    api.broken = null;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".chart .bars").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("an outline stands in while the first numbers are on their way", async () => {
    let release = () => {};
    api.gate = new Promise((resolve) => (release = resolve));
    await page.goto(origin);
    await page.getByText("Loading the numbers…").waitFor({ state: "attached" });
    expect(await page.locator(".number").count()).toBe(0);
    release();
    await page.locator(".chart .bars").waitFor();
    expect(await page.locator(".skeleton").count()).toBe(0);
  });

  it("invented data is marked as such on every page", async () => {
    api.demo = true;
    for (const path of ["/", "/trust", "/?from=2026-01-01&to=2026-01-31", "/nowhere"]) {
      await page.goto(origin + path);
      await page.getByText("Invented data.").waitFor();
      expect(await page.locator("svg.watermark").isVisible()).toBe(true);
    }
    api.demo = false;
    await show();
    expect(await page.locator(".invented, .watermark").count()).toBe(0);
  });

  it("the page of what leaves lists the contract's mode off, and only that", async () => {
    await page.goto(`${origin}/trust`);
    await page.getByRole("heading", { name: "All that leaves by default" }).waitFor();
    const text = await page.locator("main").innerText();
    for (const name of [
      "gen_ai.usage.output_tokens",
      "talos.cwd.hash",
      "talos.prompt",
      "service.instance.id",
    ]) {
      expect(text).toContain(name);
    }
    for (const name of ["talos.category", "talos.task_hint", "talos.completion"])
      expect(text).not.toContain(name);
    expect(complaints).toEqual([]);
  });

  describe("everybody", () => {
    it.each(["light", "dark"] as const)(
      "can use it in %s colours: axe finds nothing",
      async (colorScheme) => {
        await page.context().close();
        page = await openPage({ colorScheme, reducedMotion: "reduce" });
        for (const [path, prepare] of [
          ["/", () => page.getByText("Show the same numbers as a table").click()],
          ["/", () => page.getByRole("button", { name: "What is list value?" }).click()],
          ["/", () => page.getByRole("button", { name: "Custom…" }).click()],
          ["/", () => page.getByRole("button", { name: "Name developer Ada" }).click()],
          ["/trust", () => page.getByText("What never leaves").waitFor()],
          ["/sign-in", () => page.getByText("Sign in with a link").waitFor()],
        ] as const) {
          await page.goto(origin + path);
          if (path === "/") await page.locator(".chart .bars").waitFor();
          await prepare();
          expect(await violations(page), `${path} in ${colorScheme}`).toEqual([]);
        }
        api.demo = true;
        await show();
        expect(await violations(page)).toEqual([]);
      },
    );

    it("can choose colours, which last and need no reload", async () => {
      await show();
      const background = () =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const light = await background();
      await page.getByRole("button", { name: /^Colours: as the system/ }).click();
      await page.getByRole("button", { name: /^Colours: light/ }).click();
      expect(await background()).not.toBe(light);
      await page.reload();
      await page.locator(".chart .bars").waitFor();
      expect(await page.getByRole("button", { name: /^Colours: dark/ }).count()).toBe(1);
      expect(await background()).not.toBe(light);
    });

    it.each([320, 390, 700, 1000])("can read it %d pixels wide without scrolling sideways", async (width) => {
      await page.setViewportSize({ width, height: 800 });
      api.names.projects.set("3f9a61c2".repeat(8), "w".repeat(80));
      api.names.developers.set("dev-2", "Wolfeschlegelsteinhausenbergerdorff".repeat(2));
      for (const path of ["/", "/trust"]) {
        await page.goto(origin + path);
        await page
          .locator(path === "/" ? ".chart .bars" : ".contract")
          .first()
          .waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    });

    it("reaches the numbers by the first press of Tab", async () => {
      await show();
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
      await page.keyboard.press("Enter");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    });
  });

  it("nothing is loaded from elsewhere, and the policy that says so is in force", async () => {
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    const response = await page.goto(origin);
    await page.locator(".chart .bars").waitFor();
    await page.getByRole("link", { name: "What leaves" }).click();
    await page.getByText("What never leaves").waitFor();
    expect(response?.headers()["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(requested.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.skipIf(process.env["UPDATE_SCREENSHOTS"] !== "1")("has its picture taken", async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    const shots = [
      { name: "overview-light", path: "/", options: {} },
      { name: "overview-dark", path: "/?by=project", options: { colorScheme: "dark" } },
      { name: "overview-narrow", path: "/", options: { viewport: { width: 390, height: 844 } } },
      { name: "trust", path: "/trust", options: {} },
    ] as const;
    for (const { name, path, options } of shots) {
      await page.context().close();
      page = await openPage({ reducedMotion: "reduce", ...options });
      await page.clock.setFixedTime(Date.UTC(2026, 10, 24, 16, 0));
      await page.goto(origin + path);
      await page
        .locator(path === "/trust" ? ".contract" : ".chart .bars")
        .first()
        .waitFor();
      await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
      expect(complaints).toEqual([]);
    }
  });
});
