import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { PROJECT } from "./backend.ts";

const FILES = ["wrangler.toml", "backend/consumer/wrangler.toml"];

it("these are all the Workers there are", () => {
  const found = globSync("**/wrangler.{toml,json,jsonc}", { cwd: PROJECT, exclude: ["**/node_modules/**"] });
  expect(found.toSorted()).toEqual(FILES.toSorted());
});

it.each(FILES)("%s: the platform keeps no log, no trace and no copy of what a Worker is sent", (file) => {
  const config = path.join(PROJECT, file);
  const { observability, logpush, tail_consumers, streaming_tail_consumers } = readConfig({ config });
  expect(observability).toEqual({
    enabled: false,
    logs: { enabled: false, invocation_logs: false },
    traces: { enabled: false },
  });
  expect([logpush, tail_consumers, streaming_tail_consumers]).toEqual([false, [], []]);
  // What stands in an environment of its own would take the place of all this.
  expect(readFileSync(config, "utf8")).not.toMatch(/^\[+env\b/m);
});
