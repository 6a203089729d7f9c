import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeHost } from "#testkit/fake-host.ts";
import { testSettings } from "#testkit/fakes.ts";
import { type Answer, type Job, run } from "./database/job.ts";
import { Databases } from "./databases.ts";

let dir = "";
let file = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "cursor-"));
  file = path.join(dir, "globalStorage", "state.vscdb");
  mkdirSync(path.dirname(file));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What three looks ask, count and say. */
async function looks() {
  const settings = testSettings({ id: "cursor" });
  const outcomes: string[] = [];
  const counters: string[] = [];
  const ask = async (job: Job): Promise<Answer> => {
    const answer = run(job);
    outcomes.push(answer.outcome);
    return answer;
  };
  const databases = new Databases({
    host: new FakeHost({ once: false }),
    clock: settings.clock,
    log: settings.log,
    userDir: dir,
    sinceMs: 0,
    isRead: () => false,
    ask,
    count: (name) => counters.push(name),
  });
  for (let look = 0; look < 3; look += 1) await databases.look();
  return { outcomes, counters, lines: settings.said().split("cannot be read").length - 1 };
}

const once = { outcomes: ["unusable"], counters: ["receiver_unusable_databases"], lines: 1 };

it.each([
  ["no SQLite file", () => writeFileSync(file, "canary ".repeat(100))],
  ["one that is too short", () => writeFileSync(file, "SQLite form")],
  ["one whose pages are garbage", () => writeFileSync(file, `SQLite format 3\0${"x".repeat(8_000)}`)],
])("%s is asked once, counted once and told once", async (_, write) => {
  write();
  expect(await looks()).toMatchObject(once);
});

it.skipIf(process.getuid?.() === 0)("so is one that this user may not read", async () => {
  new DatabaseSync(file).close();
  chmodSync(file, 0);
  expect(await looks()).toMatchObject(once);
});

it.each([
  ["an empty file", () => writeFileSync(file, "")],
  ["a database without conversations", () => withItems()],
])("%s is asked again only when it changes, and nothing is said", async (_, write) => {
  write();
  expect(await looks()).toMatchObject({ outcomes: ["empty"], counters: [], lines: 0 });
});

function withItems(): void {
  const db = new DatabaseSync(file);
  db.exec("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)");
  db.close();
}

it("what is no plain file is not there", async () => {
  mkdirSync(file);
  expect(await looks()).toMatchObject({ outcomes: [], counters: [], lines: 0 });
});
