import { expect, it } from "vitest";
import { configTag } from "./signing.ts";

const DAY_MS = 86_400_000;
const config = { version: 7, agent: "agt_1" };

it("what a machine keeps by its tag is never older than a day, and so has six days left", () => {
  const noonMs = 20_000 * DAY_MS + DAY_MS / 2;
  const tag = configTag(config, noonMs);
  expect(configTag(config, noonMs + 1000)).toBe(tag);
  expect(configTag(config, noonMs + DAY_MS)).not.toBe(tag);
  for (let hours = 0; hours < 24; hours += 1) {
    const givenMs = noonMs + hours * 3_600_000;
    expect(configTag(config, givenMs + DAY_MS)).not.toBe(configTag(config, givenMs));
  }
});

it("another version and another machine have another tag", () => {
  const tags = [config, { ...config, version: 8 }, { ...config, agent: "agt_2" }].map((each) =>
    configTag(each, 0),
  );
  expect(new Set(tags).size).toBe(3);
});
