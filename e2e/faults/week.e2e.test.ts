import { afterEach, expect, it } from "vitest";
import { HOUR_MS, Laptop, MINUTE_MS } from "./laptop.ts";

let laptop: Laptop;
afterEach(() => laptop.close());

const PRIMARY = "sink/primary";
const OTHER = "sink/other";

/** Days of eight hours of work; the computer sleeps in between. */
async function work(days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    for (let hour = 0; hour < 8; hour += 1) {
      laptop.write(20);
      await laptop.pass(HOUR_MS, 30 * MINUTE_MS);
    }
    laptop.clock.sleep(16 * HOUR_MS);
  }
}

/** What is begun becomes final, and what waits leaves. */
async function finish(): Promise<void> {
  laptop.writer.finish();
  await laptop.pass(2 * HOUR_MS, 2 * MINUTE_MS);
}

it("two destinations, the one that is not primary dead for a week: limited, detached, refilled, nothing twice", async () => {
  laptop = new Laptop({ sinks: [PRIMARY, OTHER], outbox: `limits: { ${OTHER}: { max_size: 100KiB } }` });
  await laptop.start();
  await work(1);
  laptop.sink(OTHER).isDead = true;
  await work(7);

  const { requests, prompts } = laptop.writer.truth;
  expect(laptop.sink(PRIMARY).holds.requests).toBeGreaterThan(requests - 20);
  const dead = laptop.status().destinations.find(({ exporter }) => exporter === OTHER);
  expect(dead).toMatchObject({ detached: true });
  expect(dead?.queued.bytes).toBeLessThan(200 * 1_024);
  expect(dead?.owed).toBeGreaterThan(500);
  expect(laptop.status().balance.balanced).toBe(true);
  expect(laptop.said.filter((message) => message.includes("over its limit"))).toHaveLength(1);
  expect(prompts).toBeGreaterThan(100);

  laptop.sink(OTHER).isDead = false;
  await work(1);
  await finish();
  const { truth } = laptop.writer;
  const all = { requests: truth.requests, prompts: truth.prompts, doubled: 0 };
  expect(laptop.sink(PRIMARY).holds).toEqual(all);
  expect(laptop.sink(OTHER).holds).toEqual(all);
  expect(laptop.status()).toMatchObject({
    balance: { balanced: true },
    destinations: [
      { detached: false, owed: 0 },
      { detached: false, owed: 0 },
    ],
  });
});

it("the network gone for a week, with a restart every day: everything arrives once, said once a time", async () => {
  laptop = new Laptop({ sinks: [PRIMARY] });
  laptop.sink(PRIMARY).isDead = true;
  for (let day = 0; day < 7; day += 1) {
    await laptop.start();
    await work(1);
    await laptop.stop();
    laptop.write(5);
  }
  expect(laptop.sink(PRIMARY).holds.requests).toBe(0);
  // The wait grows to five minutes, of which at least half passes.
  expect(laptop.sink(PRIMARY).attempts).toBeLessThan(7 * (8 * 24 + 20));
  expect(laptop.said.filter((message) => message.startsWith("delivery failed"))).toHaveLength(7);
  laptop.sink(PRIMARY).isDead = false;
  await laptop.start();
  await finish();
  const { requests, prompts } = laptop.writer.truth;
  expect(laptop.sink(PRIMARY).holds).toEqual({ requests, prompts, doubled: 0 });
  expect(laptop.status().balance.balanced).toBe(true);
});

it("a full primary stops reading, loses nothing, and never gives anything up by age", async () => {
  laptop = new Laptop({ sinks: [PRIMARY], outbox: "max_size: 50KiB, max_age: 24h" });
  laptop.sink(PRIMARY).isDead = true;
  await laptop.start();
  await work(3);
  expect(laptop.status().destinations[0]?.queued.bytes).toBeLessThan(150 * 1_024);
  expect(laptop.status().balance.destinations[0]?.purged).toBe(0);
  laptop.sink(PRIMARY).isDead = false;
  await finish();
  const { requests, prompts } = laptop.writer.truth;
  expect(laptop.sink(PRIMARY).holds).toEqual({ requests, prompts, doubled: 0 });
});

it("what waited longer than `max_age` for another destination is given up, counted as expired, and balances", async () => {
  laptop = new Laptop({ sinks: [PRIMARY, OTHER], outbox: "max_age: 24h" });
  laptop.sink(OTHER).isDead = true;
  await laptop.start();
  await work(3);
  const { counters, balance } = laptop.status();
  expect(counters[`purged:expired/${OTHER}`]).toBeGreaterThan(100);
  expect(counters[`purged:expired/${PRIMARY}`]).toBeUndefined();
  expect(balance.balanced).toBe(true);
  expect(laptop.said).toContain("records waited too long for a destination and are given up");
  laptop.sink(OTHER).isDead = false;
  await finish();
  const held = laptop.sink(OTHER).holds;
  const { requests, prompts } = laptop.writer.truth;
  expect(held.doubled).toBe(0);
  expect(held.requests + held.prompts + (laptop.status().counters[`purged:expired/${OTHER}`] ?? 0)).toBe(
    requests + prompts,
  );
});
