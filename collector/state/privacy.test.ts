import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const CANARIES = {
  path: "/home/canary-person/secret-project",
  request: "req_canary_request_0001",
  session: "5e551014-cana-4ary-8000-session00001",
  text: "please fix the canary-password hunter2 in main.ts",
  model: "canary-model-with-organisation",
};

/** As it is, and as encodings that a search for it would miss. Base64 depends on the offset: its inner part is looked for. */
function forms(canary: string): Buffer[] {
  const plain = Buffer.from(canary);
  const shifted = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString("base64");
    return Buffer.from(text.slice(4, -4));
  });
  return [
    plain,
    Buffer.from(canary, "utf16le"),
    Buffer.from(plain.toString("hex")),
    Buffer.from(plain.toString("hex").toUpperCase()),
    ...shifted,
    ...shifted.map((text) => Buffer.from(text.toString().replaceAll("+", "-").replaceAll("/", "_"))),
  ];
}

function onDisk(): Buffer {
  const files = readdirSync(folder.dir);
  expect(files).toContain("state.db-wal");
  return Buffer.concat(files.map((file) => readFileSync(join(folder.dir, file))));
}

it("writes no path, id or text to the disk, in whatever form", () => {
  const store = folder.open();
  for (let n = 0; n < 5; n += 1) {
    const range = { fileKey: store.fileKey(`${CANARIES.path}/${n}`), from: n, to: n + 1 };
    const records = [
      record(`${CANARIES.request}${n}`, {
        range,
        cwd: CANARIES.path,
        local: { request: `${CANARIES.request}${n}`, session: CANARIES.session, turn: CANARIES.request },
        body: CANARIES.text,
        attributes: new Map([["gen_ai.response.model", CANARIES.model]]),
      }),
    ];
    const commit = commitOf(store, records);
    for (const batch of commit.batches)
      batch.plaintext = Buffer.from(JSON.stringify(Object.values(CANARIES)).repeat(40));
    const head = store.digest(Buffer.from(CANARIES.text));
    commit.unit.positions.set(range.fileKey, {
      offset: 1,
      head,
      headBytes: 9,
      marker: store.digest(Buffer.from(CANARIES.path)),
      grewAtMs: 0,
    });
    commit.counters.set(`receiver_unknown ${CANARIES.text}`, 1);
    store.commit(commit);
  }
  const ids = (exporter: string) =>
    store.take(exporter, { maxBytes: 1e6, maxBatches: 2 }).map(({ id }) => id);
  store.acknowledge(TALOS, ids(TALOS), 0);
  store.park(FILE, ids(FILE), "POST answered 401");
  expect(() =>
    store.commit({
      ...commitOf(store, []),
      refilled: [],
      emitted: [{ key: CANARIES.path, weight: record("").weight, lastTimeMs: 0 }],
    }),
  ).toThrow(/^a key must be 32 hex digits$/);

  const disk = onDisk();
  const found = Object.entries(CANARIES).filter(([, canary]) =>
    forms(canary).some((form) => disk.includes(form)),
  );
  expect(found).toEqual([]);
  expect(disk.includes("otlp_http/talos")).toBe(true);
  expect(disk.includes(Buffer.alloc(32, 7))).toBe(false);
  const said = folder.settings.said();
  expect(Object.values(CANARIES).filter((canary) => said.includes(canary))).toEqual([]);
});

it("leaves nothing of a delivered batch in the file", () => {
  const store = folder.open();
  store.commit(commitOf(store, [record("r")], [TALOS]));
  const [queued] = store.take(TALOS, { maxBytes: 1e6, maxBatches: 1 });
  const before = onDisk();
  store.acknowledge(TALOS, [queued?.id ?? 0], 0);
  store.close();
  const file = readFileSync(join(folder.dir, "state.db"));
  // A row of the outbox carries its keys: they are unmistakable. `emitted` holds each once more.
  const key = Buffer.from(folder.open().recordKey(record("r")), "hex");
  expect(count(before, key)).toBeGreaterThan(1);
  expect(count(file, key)).toBe(1);
});

function count(haystack: Buffer, needle: Buffer): number {
  let found = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) found += 1;
  return found;
}
