import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bodyDigest } from "./entry.ts";
import { forgetMemoryLedger, openOwnLedger, rewrapLedger } from "./open.ts";
import { KEY, LedgerBench } from "./testing.ts";

const CANARY = "canary-of-a-prompt";
let bench: LedgerBench;
beforeEach(() => {
  bench = new LedgerBench();
});
afterEach(async () => {
  await bench.ledger.close();
  bench.dispose();
});

const words = (over = {}) =>
  bench.send(1, { body: Buffer.from(`{"prompt":"${CANARY}"}`), hasText: true, places: [PLACE], ...over });
const PLACE = { fileKey: "ab".repeat(16), from: 10, to: 90 };

it("keeps a request before it leaves, and what came of it after", async () => {
  const noted = await bench.send(3);
  expect(bench.read().requests).toMatchObject([{ n: 1, answered: undefined, receipt: "none" }]);
  noted.answered({ status: 200, isTaken: true, rejected: 1 });
  const { requests, problems } = bench.read();
  expect(problems).toEqual([]);
  expect(requests[0]).toMatchObject({
    sent: { host: "talos.example.com", path: "/v1/logs", records: 3, mode: "off", encoding: "gzip" },
    answered: { outcome: "taken", status: 200, rejected: 1 },
  });
  expect(Buffer.from(requests[0]?.body ?? []).toString()).toBe("body number 3 ".repeat(20));
});

it("names its head to the team's own backend, and to nobody else", async () => {
  const own = await bench.send(1);
  expect(own.headers["talos-ledger"]).toBe(
    `${Buffer.from(bench.read().requests[0]?.nonce ?? []).toString("hex")}.${bench.read().head}`,
  );
  expect((await bench.send(2, { isTeams: false })).headers).toEqual({});
});

it("keeps the body of what is sent again and again once", async () => {
  for (let n = 0; n < 3; n += 1) (await bench.send(7)).answered({ isTaken: false });
  const { requests, problems } = bench.read();
  expect(requests.map(({ sent }) => sent.body_of)).toEqual([undefined, 1, 1]);
  expect(new Set(requests.map(({ body }) => Buffer.from(body ?? []).toString()))).toEqual(
    new Set(["body number 7 ".repeat(20)]),
  );
  expect(new Set(requests.map(({ sent }) => sent.digest)).size).toBe(3);
  expect(problems).toEqual([]);
});

it("forgets words once they arrived: the digest, its nonce and the place stay", async () => {
  const failed = await words();
  failed.answered({ status: 503, isTaken: false });
  expect(bench.read().requests[0]?.body).toBeDefined();
  const again = await words();
  again.answered({ status: 200, isTaken: true });
  const { requests, problems } = bench.read();
  expect(problems).toEqual([]);
  for (const { sent, body, nonce } of requests) {
    expect(body).toBeUndefined();
    expect(sent.places).toEqual([{ file: PLACE.fileKey, from: 10, to: 90 }]);
    expect(bodyDigest(nonce, Buffer.from(`{"prompt":"${CANARY}"}`))).toBe(sent.digest);
  }
});

it.each([
  ["a mode changes", async () => bench.ledger.forgetWords()],
  [
    "the collector starts again",
    async () => {
      await bench.ledger.close();
      bench.ledger = bench.another();
      await bench.send(2);
    },
  ],
])("forgets words of which nobody knows whether they arrived when %s", async (_, happens) => {
  await words();
  await happens();
  expect(bench.read().requests[0]?.body).toBeUndefined();
  expect(bench.read().problems).toEqual([]);
});

it("keeps words where it is told to, and another process does not forget them", async () => {
  await bench.ledger.close();
  bench.ledger = bench.another({ keepContent: true });
  (await words()).answered({ status: 200, isTaken: true });
  bench.ledger.forgetWords();
  const beside = bench.another({ isOwner: false });
  await beside.leaving({
    destination: "enrolment",
    method: "GET",
    url: new URL("https://talos.example.com/v1/agent/config"),
    body: new Uint8Array(),
    type: "",
    encoding: "identity",
  });
  await beside.close();
  expect(Buffer.from(bench.read().requests[0]?.body ?? []).toString()).toContain(CANARY);
});

it("several processes append to one chain", async () => {
  const beside = bench.another({ isOwner: false });
  for (let n = 1; n <= 20; n += 1) {
    (await bench.send(n)).answered({ status: 200, isTaken: true });
    (
      await beside.leaving({
        destination: "enrolment",
        method: "POST",
        url: new URL("https://talos.example.com/v1/agent/status"),
        body: Buffer.from("{}"),
        type: "application/json",
        encoding: "identity",
      })
    ).answered({ status: 204, isTaken: true });
  }
  await beside.close();
  const { entries, requests, problems } = bench.read();
  expect({ entries, requests: requests.length, problems }).toEqual({
    entries: 80,
    requests: 40,
    problems: [],
  });
});

it("the oldest go when there is no more room, and the chain holds from the first that is kept", async () => {
  bench.limits = { maxSizeBytes: 1024 * 1024, maxAgeMs: 90 * 86_400_000 };
  bench.ledger = bench.another();
  for (let n = 1; n <= 150; n += 1) {
    const body = randomBytes(20_000);
    (await bench.send(n, { body })).answered({ status: 200, isTaken: true });
  }
  const { first, last, problems } = bench.read();
  expect(problems).toEqual([]);
  expect(last).toBe(300);
  expect(first).toBeGreaterThan(1);
  const dir = path.join(bench.stateDir, "ledger");
  const size = readdirSync(dir).reduce((sum, name) => sum + readFileSync(path.join(dir, name)).length, 0);
  expect(size).toBeLessThan(1.2 * 1024 * 1024);
});

it("the oldest go when they are too old", async () => {
  bench.limits = { maxSizeBytes: 64 * 1024 * 1024, maxAgeMs: 16 * 86_400_000 };
  bench.ledger = bench.another();
  for (let day = 1; day <= 60; day += 1) {
    (await bench.send(day)).answered({ status: 200, isTaken: true });
    bench.settings.clock.jump(86_400_000);
  }
  const { requests, problems } = bench.read();
  expect(problems).toEqual([]);
  expect(requests.length).toBeGreaterThanOrEqual(15);
  expect(requests.length).toBeLessThanOrEqual(21);
});

it("holds nothing that can be read without the key", async () => {
  await words({ destination: `otlp_http/${CANARY}` });
  await bench.send(2, { body: Buffer.from(CANARY) });
  const dir = path.join(bench.stateDir, "ledger");
  for (const name of readdirSync(dir)) {
    const bytes = readFileSync(path.join(dir, name)).toString("latin1");
    for (const canary of [CANARY, "talos.example.com", "in-the-query", "/v1/logs"])
      expect(bytes).not.toContain(canary);
  }
  expect(bench.settings.said()).not.toContain(CANARY);
  expect(JSON.stringify(bench.read().requests)).not.toContain("in-the-query");
});

it("a disk that refuses delays nothing: it is said once, counted, and told by the next entry", async () => {
  writeFileSync(path.join(bench.stateDir, "ledger"), "no folder");
  for (let n = 0; n < 3; n += 1) {
    const noted = await bench.send(n);
    expect(noted.headers).toEqual({});
    noted.answered({ status: 200, isTaken: true });
  }
  expect(bench.missed).toBe(3);
  expect(bench.settings.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  rmSync(path.join(bench.stateDir, "ledger"));
  await bench.send(4);
  expect(bench.read()).toMatchObject({ missed: 3, problems: [] });
});

it("opens with the next key once it was rotated, and with both meanwhile", async () => {
  await bench.sendAll(3);
  const next = new Uint8Array(32).fill(3);
  rewrapLedger(bench.stateDir, KEY, [KEY, next]);
  expect(bench.open().folder.cipher(next)).toBeDefined();
  expect(bench.read().problems).toEqual([]);
  rewrapLedger(bench.stateDir, next, [next]);
  expect(() => bench.open()).toThrow("does not open");
  await bench.send(4);
  const names = readdirSync(bench.stateDir);
  expect(names.filter((name) => name.startsWith("ledger.unopened-"))).toHaveLength(1);
  expect(bench.settings.lines.some(({ message }) => message.includes("set aside"))).toBe(true);
});

it("goes on in the same ledger when it is opened again in one run, also with a key in memory", async () => {
  const { clock, log } = bench.settings;
  const place = { stateDir: bench.stateDir, masterKey: KEY, keySource: "memory" as const, isSettled: true };
  const first = openOwnLedger(place, clock.now(), log);
  const again = openOwnLedger(place, clock.now(), log);
  expect(again.cipher.tell()).toBe(first.cipher.tell());
  forgetMemoryLedger(bench.stateDir, log);
  expect(existsSync(first.folder.dir)).toBe(false);
  expect(bench.settings.lines.some(({ message }) => message.includes("the run before is gone"))).toBe(true);
});

it("a full disk: what leaves is counted, nothing half-written stays, and it goes on when there is room", async ({
  skip,
}) => {
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", bench.stateDir]);
  skip(mount.status !== 0, "this user may not mount a small file system");
  try {
    for (let n = 1; n <= 40; n += 1) {
      (await bench.send(n, { body: randomBytes(20_000) })).answered({ status: 200, isTaken: true });
    }
    expect(bench.missed).toBeGreaterThan(10);
    expect(bench.read().problems).toEqual([]);
    expect(bench.settings.lines.filter(({ level }) => level === "error").length).toBeGreaterThan(0);
    spawnSync("mount", ["-o", "remount,size=4m", bench.stateDir]);
    (await bench.send(41)).answered({ status: 200, isTaken: true });
    await bench.ledger.close();
    expect(bench.read()).toMatchObject({ missed: bench.missed, problems: [] });
  } finally {
    await bench.ledger.close();
    spawnSync("umount", [bench.stateDir]);
  }
});
