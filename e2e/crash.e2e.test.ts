import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  CursorHome,
  type InventedConversation,
  PROMPT_CANARY,
  SECRET_CANARY,
  uuid,
} from "#testkit/cursor/home.ts";
import { LocalBackend } from "./backend.ts";
import { CollectorProcess } from "./collector.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { findLeaks } from "./leaks.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

const KILLS = Number(process.env["CRASH_KILLS"] ?? 100);
const BACKEND_KILLS = 4;
const SEED = Number(process.env["CRASH_SEED"] ?? 20_261_124);

const random = seeded(SEED);
const home = mkdtempSync(path.join(tmpdir(), "talos-crash-"));
let backend: LocalBackend;
let proxy: FaultProxy;

beforeAll(async () => {
  backend = await LocalBackend.start();
  // Its bucket still runs dry when much was kept back, and is full again within seconds.
  backend.limit(100_000);
  proxy = await startFaultProxy(() => backend.url);
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const FAULTS: Fault[] = ["none", "none", "none", "cut", "cut_answer", "stall", "busy"];

it(
  `loses nothing and doubles nothing over ${KILLS} kills of the collector, ${BACKEND_KILLS} of the backend and a bad network`,
  { timeout: 900_000 },
  async () => {
    const writer = new TranscriptWriter(home, { sessions: 20, random, now: Date.now });
    const collector = new CollectorProcess({
      home,
      endpoint: proxy.url,
      token: backend.token,
      salt: backend.salt,
    });
    const cursor = new CursorHome(home);
    const conversation: InventedConversation = {
      id: uuid("crash"),
      folder: "/home/ana/shop",
      model: "default",
      turns: [],
    };
    proxy.fault = () => FAULTS[Math.floor(random() * FAULTS.length)] ?? "none";

    for (let kill = 1; kill <= KILLS; kill++) {
      collector.run();
      const before = requestsSeen();
      const turn = { atMs: Date.now(), prompt: "Do it.", answer: "Done." };
      conversation.turns.push(turn);
      cursor.appendTurn(conversation, turn);
      cursor.writeRows(conversation, random() < 0.5 ? "replace" : "upsert");
      const wanted = random() < 0.7 ? 1 + Math.floor(random() * 2) : 0;
      const earliest = Date.now() + random() * 900;
      const latest = Date.now() + 2_500;
      while (Date.now() < earliest || (requestsSeen() - before < wanted && Date.now() < latest)) {
        for (let n = 0; n < 4; n++) writer.step();
        await sleep(5 + random() * 25);
      }
      if (kill % Math.ceil(KILLS / BACKEND_KILLS) === 0) {
        backend.kill();
        await backend.up();
      }
      await collector.kill("SIGKILL");
    }

    writer.finish();
    cursor.close();
    proxy.fault = () => "none";
    const code = await collector.runOnce();
    const status = await collector.status();
    expect({ code, destinations: status.destinations }).toMatchObject({ code: 0 });
    expect(status.balance).toMatchObject({ balanced: true, open: 0 });
    expect(status.balance.destinations).toMatchObject([{ queued: 0, parked: 0, rejected: 0, purged: 0 }]);
    const { requests, prompts, ...tokens } = writer.truth;
    // Of Cursor each turn is a request and a prompt, without counts.
    const all = { requests: requests + KILLS, prompts: prompts + KILLS, ...tokens };
    await expect.poll(() => totals(), { timeout: 60_000, interval: 500 }).toEqual(all);
    for (const fault of new Set(FAULTS)) expect([fault, proxy.seen.get(fault) ?? 0]).not.toEqual([fault, 0]);

    const canaries = [...writer.canaries, PROMPT_CANARY, SECRET_CANARY, conversation.id];
    const outputs = { "the collector's output": Buffer.from(collector.output) };
    expect(findLeaks([collector.dir, backend.folder.root], canaries, outputs)).toEqual([]);
  },
);

function requestsSeen(): number {
  return [...proxy.seen.values()].reduce((sum, count) => sum + count, 0);
}

async function totals(): Promise<object> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const { totals: sums } = await backend.report(
    day(Date.now() - 2 * 86_400_000),
    day(Date.now() + 86_400_000),
  );
  const { requests, prompts, input, cacheRead, cacheWrite5m, cacheWrite1h, output } = sums;
  return { requests, prompts, input, cacheRead, cacheWrite: cacheWrite5m + cacheWrite1h, output };
}
