// Commits as fast as it can until it is killed, and says after each commit how many are durable.
// Run as a process of its own: committer.ts <state folder>
import { writeSync } from "node:fs";
import { argv, pid } from "node:process";
import { emptyUnit } from "#component/unit.ts";
import { acquireLock } from "../lock.ts";
import { StateStore } from "../store.ts";

const TALOS = "otlp_http/talos";
const RECORDS = 7;
const dir = argv[2] ?? "";
const silent = () => {};

acquireLock(dir, { pid, startedAtMs: Date.now() });
const store = StateStore.open({
  dir,
  exporters: [TALOS, "file"],
  masterKey: new Uint8Array(32).fill(7),
  keySource: "file",
  clock: { now: () => Date.now() },
  log: { debug: silent, info: silent, warn: silent, error: silent },
});
const file = store.fileKey("1:2");
say(`opened ${store.opened}`);

for (let n = store.position(file)?.offset ?? 0; ; n += 1) {
  const keys = Array.from({ length: RECORDS }, (_, i) => store.fileKey(`${n} ${i}`));
  const unit = emptyUnit({ name: "s", version: "1" });
  unit.positions.set(file, { offset: n + 1, head: "", headBytes: 0, marker: "", grewAtMs: n });
  const weight = { final: true, output: n, input: n, webSearches: 0 };
  store.commit({
    unit,
    emitted: keys.map((key) => ({ key, weight, lastTimeMs: n })),
    refilled: [],
    batches: [TALOS, "file"].map((exporter) => ({
      exporter,
      plaintext: Buffer.from(`${n} `.repeat(2_000)),
      records: RECORDS,
      keys,
      ranges: [{ fileKey: file, from: n }],
    })),
    counters: new Map(
      ["read", "accepted", `spooled/${TALOS}`, "spooled/file"].map((name) => [name, RECORDS]),
    ),
  });
  // Deliveries between commits, so that a kill meets deletions, too.
  if (n % 3 === 2) {
    store.acknowledge(
      "file",
      store.take("file", { maxBytes: 1e6, maxBatches: 2 }).map(({ id }) => id),
      1,
    );
  }
  say(`${n + 1}`);
}

/** A full pipe loses a line: the reader then knows of fewer commits than there are. */
function say(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
  }
}
