import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CursorHome, PROMPT_CANARY, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { hasBrowser, launchBrowser } from "../backend/test/harness/browser.ts";
import { freePort, PROJECT } from "./backend.ts";
import { findLeaks } from "./leaks.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

/** What `npm start` runs, with a home of its own. Without npm between, so that the exit code is the program's. */
class StartProcess {
  output = "";
  readonly #child: ChildProcess;

  constructor(home: string, folder: string, port: number) {
    const args = ["collector/cmd/start/main.ts", "--port", String(port), "--folder", folder];
    const env = {
      ...process.env,
      HOME: home,
      CLAUDE_CONFIG_DIR: path.join(home, ".claude"),
      XDG_CONFIG_HOME: "",
      DBUS_SESSION_BUS_ADDRESS: "none",
    };
    this.#child = spawn(process.execPath, args, {
      cwd: PROJECT,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString("utf8");
      });
    }
  }

  /** The sign-in link, once it is printed. */
  async link(): Promise<string> {
    return vi.waitFor(
      () => {
        const link = /http:\/\/127\.0\.0\.1:\d+\/sign-in#\S+/.exec(this.output)?.[0];
        if (link === undefined) throw new Error(`no link in: ${this.output}`);
        return link;
      },
      { timeout: 120_000, interval: 100 },
    );
  }

  /** The exit code of one that ends by itself. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    return new Promise((resolve) => this.#child.once("exit", resolve));
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const code = new Promise<number | null>((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGINT");
    return code;
  }
}

function talos(...args: string[]): string {
  const main = path.join(PROJECT, "collector/cmd/main.ts");
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8" }).stdout;
}

/** Requests, each with a prompt. */
const OF_CURSOR = 1;
const random = seeded(7);
const dir = mkdtempSync(path.join(tmpdir(), "talos-start-"));
const home = path.join(dir, "home");
const folder = path.join(dir, "folder");
const old = path.join(home, ".claude/projects/-home-ana-old");
const writer = new TranscriptWriter(path.join(home, ".claude"), { sessions: 2, random, now: Date.now });
const conversation = { id: uuid("start"), folder: "/home/ana/shop", model: "composer-1", turns: [] };
let cursor: CursorHome;
let port: number;
let running: StartProcess;

beforeAll(async () => {
  mkdirSync(old, { recursive: true });
  appendFileSync(path.join(old, "old.jsonl"), "{}\n");
  cursor = new CursorHome(home);
  port = await freePort();
  running = new StartProcess(home, folder, port);
});
afterAll(async () => {
  await running.stop();
  cursor.close();
});

describe.skipIf(!hasBrowser)("npm start (needs Chromium)", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  it("prints a link that signs in once and shows a page that waits for data", async () => {
    const link = await running.link();
    await page.goto(link);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    const other = await browser.newContext();
    const second = await other.newPage();
    await second.goto(link);
    await expect.poll(() => second.locator("body").innerText()).toMatch(/link|sign/i);
    await other.close();
  });

  it("shows a line that is appended to a followed transcript within 10 s, without a reload", async () => {
    await page.evaluate("globalThis.notReloaded = true");
    writer.step();
    writer.finish();
    const turn = { atMs: Date.now(), prompt: "Do it.", answer: "Done." };
    cursor.write({ ...conversation, turns: [turn] });
    await expect.poll(() => running.output, { timeout: 10_000 }).toMatch(/claude-sonnet-4-6 .* tokens/);
    await expect
      .poll(() => page.locator("body").innerText(), { timeout: 10_000 })
      .toContain("claude-sonnet-4-6");
    expect(await page.evaluate("globalThis.notReloaded")).toBe(true);
  });

  it("shows what Cursor's agent did in the same way, and says that its tokens are not known", async () => {
    expect(running.output).toMatch(/Cursor: found, followed from now on[\s\S]*cursor-hooks install --config/);
    await expect
      .poll(() => running.output, { timeout: 30_000 })
      .toMatch(/composer-1 \(selected\) +token counts not known/);
    const row = page.locator('[data-dimension="source"] tr[data-key="cursor"]');
    await expect
      .poll(() => row.innerText(), { timeout: 10_000 })
      .toMatch(/Cursor\s+not known\s+not known\s+1\s/);
    expect(await page.evaluate("globalThis.notReloaded")).toBe(true);
  });

  it("is a collector like any other for the commands that look at one", async () => {
    const config = ["--config", path.join(folder, "local/collector.yaml")];
    expect(talos("top", "--once", ...config)).toMatch(/running \(process \d+[\s\S]* memory \d+ MiB/);
    expect(talos("status", ...config)).toContain("running");
    expect(talos("tap", ...config)).toContain("logs  otlp_http/talos");
  });

  it("ends at Ctrl-C having delivered all, goes on where it was at the next start, and leaks nothing", async () => {
    for (let i = 0; i < 20; i++) writer.step();
    writer.finish();
    const all = writer.truth.requests + writer.truth.prompts + OF_CURSOR * 2;
    await expect.poll(() => running.output, { timeout: 20_000 }).toContain(`${all} delivered · 0 waiting`);
    expect(await running.stop()).toBe(0);
    running = new StartProcess(home, folder, port);
    await page.goto(await running.link());
    await expect.poll(() => requestsShown(page), { timeout: 20_000 }).toBe(writer.truth.requests + OF_CURSOR);
    const outputs = { "npm start's output": Buffer.from(running.output) };
    expect(findLeaks([folder], [...writer.canaries, PROMPT_CANARY, SECRET_CANARY], outputs)).toEqual([]);
  });

  it("names a port that is in use, and the next step", async () => {
    await running.link();
    const second = new StartProcess(home, path.join(dir, "second"), port);
    await expect.poll(() => second.output, { timeout: 30_000 }).toMatch(/port \d+ is in use.*--port/);
    expect(await second.ended()).toBe(1);
  });

  it("lets only this user read what it wrote", () => {
    const open = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (name) =>
        /token|salt|secrets|state\.db$/.test(name) && (statSync(path.join(folder, name)).mode & 0o077) !== 0,
    );
    expect(open).toEqual([]);
  });
});

async function requestsShown(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const today = new Date().toISOString().slice(0, 10);
    const response = await fetch(`/api/report?from=${today}&to=${today}`);
    const { totals } = (await response.json()) as { totals: { requests: number } };
    return totals.requests;
  });
}
