import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CursorHome, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { run } from "./database/job.ts";
import { withDatabase } from "./database/open.ts";
import { answered, HOSTILE, prepareTraps, refusal } from "./testdata/hostile.ts";

let home = "";
let cursor: CursorHome;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
  cursor = new CursorHome(home);
});
afterEach(() => {
  cursor.close();
  rmSync(home, { recursive: true, force: true });
});

function changed(file: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(file);
  change(db);
  db.close();
}

it.each(HOSTILE)("SQLite itself refuses: %s", (sql) => {
  const { file } = cursor.storage;
  changed(file, prepareTraps);
  expect(withDatabase(file, (db) => refusal(db, sql))).toBeDefined();
});

it("would be answered without that rule", () => {
  changed(cursor.storage.file, (db) => {
    prepareTraps(db);
    expect(HOSTILE.slice(0, 3).map((sql) => refusal(db, sql))).toEqual([undefined, undefined, undefined]);
    expect(db.prepare("SELECT value FROM tokens_view LIMIT 1").get()).toEqual({ value: SECRET_CANARY });
  });
});

it("refuses it in a thread of its own, too", async () => {
  changed(cursor.storage.file, prepareTraps);
  const source = `import { parentPort, workerData } from "node:worker_threads";
    const { withDatabase } = await import(workerData.open);
    const { answered } = await import(workerData.hostile);
    parentPort.postMessage(withDatabase(workerData.file, answered));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: {
      open: new URL("database/open.ts", import.meta.url).href,
      hostile: new URL("testdata/hostile.ts", import.meta.url).href,
      file: cursor.storage.file,
    },
  });
  const said = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  expect(said).toEqual([]);
});

it("refuses the login tokens in the database of a single folder, too", () => {
  const file = cursor.openFolder("/home/dev/other");
  expect(withDatabase(file, answered)).toEqual([]);
});

it.each([
  ["a view of the tokens", "CREATE VIEW cursorDiskKV AS SELECT key, value FROM ItemTable"],
  [
    "a search over the tokens",
    "CREATE VIRTUAL TABLE cursorDiskKV USING fts5(key, value, content = 'ItemTable')",
  ],
  [
    "a list of conversations that is one of tokens",
    `CREATE TABLE cursorDiskKV (key TEXT, value BLOB);
     DROP TABLE composerHeaders;
     CREATE VIEW composerHeaders AS SELECT value AS composerId, 9 AS recency, 0 AS isSubagent FROM ItemTable`,
  ],
])("takes nothing out of a database that has %s in the place of what is read", (_, sql) => {
  const { file } = cursor.storage;
  changed(file, (db) => db.exec(`DROP TABLE cursorDiskKV; ${sql}`));
  const headers = { changedMs: 0, id: "" };
  const answers = [
    run({ kind: "changes", file, since: { row: 0, headers }, budgetMs: 50 }),
    run({ kind: "conversations", file, ids: [uuid("a")], budgetMs: 50 }),
    run({ kind: "texts", file, keys: ["cursorAuth/accessToken"] }),
  ];
  expect(inspect(answers, { depth: 9 })).not.toContain(SECRET_CANARY);
});
