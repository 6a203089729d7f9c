import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { CANARIES } from "../writer.ts";
import { Laptop, MINUTE_MS } from "./laptop.ts";

const PRIMARY = "sink/primary";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function started(home?: string): Promise<Laptop> {
  const laptop = new Laptop(home === undefined ? {} : { home });
  cleanups.push(() => laptop.close());
  await laptop.start();
  return laptop;
}

const requestsOf = (laptop: Laptop) => laptop.sink(PRIMARY).holds;

/** One request in one line, whole. */
function line(id: string, atMs: number): string {
  const usage = {
    input_tokens: 3,
    output_tokens: 4,
    cache_read_input_tokens: 5,
    cache_creation_input_tokens: 0,
  };
  const message = {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-6",
    content: [{ type: "text", text: CANARIES.answer }],
    stop_reason: "end_turn",
    usage,
  };
  const session = "5f0c8a52-3f36-4a43-9d5f-9a4c4d0e7a01";
  const envelope = {
    sessionId: session,
    cwd: "/home/ana/x",
    version: "2.1.330",
    isSidechain: false,
    userType: "external",
  };
  const own = {
    type: "assistant",
    uuid: `u-${id}`,
    requestId: `req_${id}`,
    timestamp: new Date(atMs).toISOString(),
  };
  return `${JSON.stringify({ parentUuid: null, ...envelope, ...own, message })}\n`;
}

it(
  "10,000 new files at once: each is read once, in one pass, and the rest of the work goes on",
  { timeout: 300_000 },
  async () => {
    const laptop = await started();
    const folder = path.join(laptop.home, "projects", "many");
    mkdirSync(folder, { recursive: true });
    for (let n = 0; n < 10_000; n += 1) {
      writeFileSync(path.join(folder, `${n}.jsonl`), line(`${n}`, laptop.clock.now()));
    }
    await laptop.pass(2 * MINUTE_MS);
    await expect
      .poll(() => laptop.pass(10 * MINUTE_MS, 5 * MINUTE_MS).then(() => requestsOf(laptop)), {
        timeout: 200_000,
      })
      .toEqual({ requests: 10_000, prompts: 0, doubled: 0 });
    expect(laptop.status()).toMatchObject({ filesFollowed: 10_000, balance: { balanced: true } });
  },
);

it("a file replaced under its name: the new one is read from its beginning, the old one's requests stay one each", async () => {
  const laptop = await started();
  const folder = path.join(laptop.home, "projects", "p");
  const file = path.join(folder, "s.jsonl");
  mkdirSync(folder, { recursive: true });
  const now = laptop.clock.now();
  writeFileSync(file, line("a", now) + line("b", now));
  await laptop.pass(10 * MINUTE_MS);
  // A sync tool writes beside it and renames; the new text repeats a part of the old one, and is longer.
  writeFileSync(`${file}.tmp`, line("b", now) + line("c", now) + line("d", now) + line("e", now));
  renameSync(`${file}.tmp`, file);
  await laptop.pass(10 * MINUTE_MS);
  // An editor truncates it and writes another text, shorter than before.
  writeFileSync(file, line("f", now));
  await laptop.pass(10 * MINUTE_MS);
  expect(requestsOf(laptop)).toEqual({ requests: 6, prompts: 0, doubled: 0 });
});

it("a folder that is unmounted and comes back: what was written meanwhile is read, nothing twice", async ({
  skip,
}) => {
  const real = mkdtempSync(path.join(tmpdir(), "talos-volume-"));
  const home = mkdtempSync(path.join(tmpdir(), "talos-mounted-"));
  cleanups.push(() => rmSync(real, { recursive: true, force: true }));
  skip(spawnSync("mount", ["--bind", real, home]).status !== 0, "this user may not mount");
  cleanups.push(() => rmSync(home, { recursive: true, force: true }));
  cleanups.push(() => spawnSync("umount", ["-l", home]));
  const laptop = await started(home);
  laptop.write(40);
  laptop.writer.finish();
  await laptop.pass(10 * MINUTE_MS);
  spawnSync("umount", ["-l", home]);
  // Longer than a missing file is remembered.
  await laptop.pass(30 * MINUTE_MS);
  spawnSync("mount", ["--bind", real, home]);
  laptop.write(40);
  laptop.writer.finish();
  await laptop.pass(20 * MINUTE_MS);
  const { requests, prompts } = laptop.writer.truth;
  expect(requestsOf(laptop)).toEqual({ requests, prompts, doubled: 0 });
  expect(laptop.status().balance.balanced).toBe(true);
});

const BIG_BYTES = 2 * 2 ** 30;

it("a file of 2 GB: read to its end in bounded memory", { timeout: 600_000 }, async ({ skip }) => {
  const { bavail, bsize } = statfsSync(tmpdir());
  skip(process.env["FAULTS_BIG_FILE"] !== "1", "set FAULTS_BIG_FILE=1: it writes 2 GB");
  skip(bavail * bsize < 3 * BIG_BYTES, "too little room on the disk");
  const laptop = await started();
  const folder = path.join(laptop.home, "projects", "big");
  mkdirSync(folder, { recursive: true });
  const result = `${JSON.stringify({ type: "user", toolUseResult: "x".repeat(4 * 2 ** 20) })}\n`;
  const file = openSync(path.join(folder, "big.jsonl"), "a");
  let requests = 0;
  for (let bytes = 0; bytes < BIG_BYTES; requests += 1) {
    bytes += writeSync(file, result) + writeSync(file, line(`${requests}`, laptop.clock.now()));
  }
  closeSync(file);
  const before = process.memoryUsage().rss;
  await laptop.pass(MINUTE_MS);
  await expect
    .poll(() => laptop.pass(10 * MINUTE_MS, 5 * MINUTE_MS).then(() => requestsOf(laptop)), {
      timeout: 500_000,
    })
    .toEqual({ requests, prompts: 0, doubled: 0 });
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
});
