import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasBrowser, launchBrowser } from "../test/harness/browser.ts";
import { violations } from "./testkit/browser.ts";
import { FakeApi } from "./testkit/fake-api.ts";
import { Stage, type Tab } from "./testkit/stage.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const VIEW = "/?from=2026-11-18&to=2026-11-24";

describe.skipIf(!hasBrowser)("kinds of work in a browser", () => {
  let browser: Browser;
  let api: FakeApi;
  let page: Page;
  let origin: string;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    api = new FakeApi(here("dist"));
    origin = await api.start();
    complaints = [];
    page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      colorScheme: "light",
      locale: "en-US",
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
    await api.stop();
    if (complaints.length > 0) throw new Error(complaints.join("; "));
  });

  const card = () => page.getByRole("region", { name: "Kinds of work", exact: true });

  it("take no room while the mode is off and no prompt has a category", async () => {
    await page.goto(origin + VIEW);
    await page.getByRole("heading", { name: "By model" }).waitFor();
    await expect.poll(() => api.calls.includes("GET /api/categories")).toBe(true);
    expect(await card().count()).toBe(0);
    expect(api.calls).not.toContain("GET /api/categorize-cost");
  });

  it("say that nothing has come yet where they are turned on", async () => {
    api.mode = "categorize_local";
    await page.goto(origin + VIEW);
    await card().getByText("No prompt of these days has a category yet.").waitFor();
    expect(await card().locator("[data-cost]").count()).toBe(0);
  });

  it("are drawn, said in words and stand in tables, with what a prompt and the month cost", async () => {
    api.mode = "categorize_cloud";
    api.mix = { kinds: 9, unsplit: 3 };
    await page.goto(origin + VIEW);
    await card()
      .getByText(/^.+ most of all: [\d.]+ %\. \d+ of 280 prompts have a category\.$/)
      .first()
      .waitFor();
    expect(await card().locator("svg.bars").count()).toBe(1);
    await card()
      .getByRole("slider", { name: /^Prompts by kind of work, by day/ })
      .press("End");
    expect(await card().getByRole("slider").getAttribute("aria-valuetext")).toMatch(
      /2026: \d+ prompts; .+ \d/,
    );
    await card().getByText("Show all kinds").click();
    expect(await card().getByRole("row").filter({ hasText: "Debugging" }).count()).toBe(1);
    await card()
      .getByText("Found 1,200 by Claude Haiku, 12 by fixed rules. Of the whole team, never of a person.")
      .waitFor();
    await card().getByText("3 prompts of days with fewer than 5 people are not told apart").waitFor();
    expect(await card().locator("[data-cost]").textContent()).toBe(
      "Finding out cost $0.18 of at most $10.00 this month, $0.00015 a prompt. 1 call of unknown cost not counted.",
    );
    expect(await violations(page)).toEqual([]);
  });

  it("say what is missing where the server cannot ask anybody", async () => {
    api.mode = "categorize_cloud";
    api.cost = { ...api.cost, configured: false };
    await page.goto(origin + VIEW);
    await card().getByText("This server has no key for Claude").waitFor();
  });

  it.each(["light", "dark"] as const)("can be read on a phone, %s", async (colorScheme) => {
    api.mode = "full";
    api.mix = { kinds: 13, unsplit: 0 };
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(origin + VIEW);
    await card().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await violations(page)).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)("the month's limit in the settings", () => {
  const stage = new Stage();
  beforeAll(async () => {
    await stage.start();
    await stage.workers.setUp("/local/enrol", { team: "Acme", timeZone: "UTC", developer: "Ada" });
  });
  afterAll(() => stage.close());
  afterEach(() => stage.closeTabs());

  it("is the owner's to change, and everybody's to see where a model may read prompts", async () => {
    const owner = await stage.member("Acme", "owner");
    const panel = ({ page }: Tab) => page.getByRole("region", { name: "Cost of categories" });
    await owner.page.goto("/settings/privacy");
    await owner.page.getByRole("region", { name: "Retention" }).waitFor();
    expect(await panel(owner).count()).toBe(0);
    await stage.ask(owner, "PUT /api/team/mode", { mode: "categorize_cloud", confirm: "categorize_cloud" });
    await owner.page.reload();
    await panel(owner).getByText("The limit is the server's own.").waitFor();
    const field = panel(owner).getByLabel("Monthly limit in US dollars");
    const save = panel(owner).getByRole("button", { name: "Save" });
    for (const bad of ["-1", "ten", "1.234", "1e9", "100001"]) {
      await field.fill(bad);
      expect([bad, await save.isDisabled()]).toEqual([bad, true]);
    }
    await field.fill("25.50");
    await save.click();
    await panel(owner).locator("dd", { hasText: "$25.50" }).waitFor();
    expect(await panel(owner).getByText("The limit is the server's own.").count()).toBe(0);
    await field.fill("");
    await save.click();
    await panel(owner).locator("dd", { hasText: "$10.00" }).waitFor();
    expect(await violations(owner.page)).toEqual([]);

    const viewer = await stage.member("Acme", "viewer");
    await viewer.page.goto("/settings/privacy");
    await panel(viewer).locator("dd", { hasText: "$10.00" }).waitFor();
    expect(await panel(viewer).getByRole("textbox").count()).toBe(0);
    expect([...owner.complaints, ...viewer.complaints]).toEqual([]);
  });
});
