import { afterEach, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, Laptop, MINUTE_MS } from "./laptop.ts";

const PRIMARY = "sink/primary";
const OTHER = "sink/other";

let laptop: Laptop;
afterEach(() => laptop.close());

async function begin(): Promise<void> {
  laptop = new Laptop({ sinks: [PRIMARY, OTHER] });
  laptop.sink(OTHER).isDead = true;
  await laptop.start();
  laptop.write(30);
  await laptop.pass(20 * MINUTE_MS);
  // Some is open, some is queued, and one destination waits for its next try.
  laptop.write(10);
  await laptop.pass(MINUTE_MS);
}

/** All of it arrives within the usual time, with the usual number of tries. */
async function expectTheUsual(): Promise<void> {
  laptop.sink(OTHER).isDead = true;
  const before = laptop.sink(OTHER).attempts;
  laptop.write(10);
  laptop.writer.finish();
  await laptop.pass(15 * MINUTE_MS);
  const { requests, prompts } = laptop.writer.truth;
  const all = { requests, prompts, doubled: 0 };
  expect(laptop.sink(PRIMARY).holds).toEqual(all);
  const tries = laptop.sink(OTHER).attempts - before;
  expect(tries).toBeGreaterThan(0);
  expect(tries).toBeLessThan(20);
  expect(laptop.clock.waiting).toBeLessThan(20);
  laptop.sink(OTHER).isDead = false;
  await laptop.pass(15 * MINUTE_MS);
  expect(laptop.sink(OTHER).holds).toEqual(all);
  expect(laptop.status().balance.balanced).toBe(true);
}

it.each([
  ["forward by a day", DAY_MS],
  ["back by a day", -DAY_MS],
  ["back by two years", -730 * DAY_MS],
  ["forward by two years", 730 * DAY_MS],
])("a clock that jumps %s while the collector runs changes nothing", async (_, ms) => {
  await begin();
  laptop.clock.jump(ms);
  await expectTheUsual();
  // And when somebody corrects it.
  laptop.clock.jump(-ms);
  await expectTheUsual();
});

it.each([
  ["forward by a day", DAY_MS],
  ["back by a day", -DAY_MS],
])("a clock that jumps %s between two runs changes nothing", async (_, ms) => {
  await begin();
  await laptop.stop();
  laptop.clock.jump(ms);
  await laptop.start();
  await expectTheUsual();
});

it("a computer that sleeps for ten hours wakes up to the usual: nothing hurries, nothing waits", async () => {
  await begin();
  laptop.clock.sleep(10 * HOUR_MS);
  await laptop.pass(0);
  await expectTheUsual();
});

it("many short sleeps, as with a lid that is opened and closed", async () => {
  await begin();
  for (let nap = 0; nap < 50; nap += 1) {
    laptop.write(1);
    laptop.clock.sleep(HOUR_MS);
    await laptop.pass(20_000, 10_000);
  }
  await expectTheUsual();
});
