import path from "node:path";
import process from "node:process";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./collector/testkit/closing-line.ts";
import { LongestFirst } from "./collector/testkit/longest-first.ts";

const sources = "{collector,receivers,processors,exporters,proto,config,backend,e2e}";

/** Files that start real processes, Workers or a browser. Each has ports and folders of its own. */
const endToEnd = [`${sources}/**/*.e2e.test.ts`, "e2e/**/*.test.ts"];

/** Tests of the Workers run inside workerd, as backend/vitest.config.ts says. All others of backend/ run here. */
const inNode = [
  "{collector,receivers,processors,exporters,proto,config,backend/dashboard}/**/*.test.{ts,tsx}",
];

// Every process that a test starts loads the same sources: it need not compile them each time.
process.env["NODE_COMPILE_CACHE"] ??= path.join(import.meta.dirname, "node_modules/.cache/compiled");

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    // Of every project together: while one file waits, another has the machine.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "node",
          include: inNode,
          exclude: [...endToEnd, "**/node_modules/**", "**/dist/**"],
          testTimeout: 20_000,
        },
      },
      "./backend/vitest.config.ts",
      {
        test: {
          name: "end to end",
          include: endToEnd,
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          globalSetup: "./e2e/global-setup.ts",
        },
      },
    ],
  },
});
