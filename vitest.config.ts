import { defineConfig } from "vitest/config";
import { ClosingLine } from "./collector/testkit/closing-line.ts";

const sources = "{collector,receivers,processors,exporters,proto,config,backend,e2e}";

/** Files that start real processes, Workers or a browser: one at a time, after all others. */
const endToEnd = [`${sources}/**/*.e2e.test.ts`, "e2e/**/*.test.ts"];

/** Tests of the Workers run inside workerd, as backend/vitest.config.ts says. All others of backend/ run here. */
const inNode = [
  "{collector,receivers,processors,exporters,proto,config,backend/dashboard}/**/*.test.{ts,tsx}",
];

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "node",
          include: inNode,
          exclude: [...endToEnd, "**/node_modules/**", "**/dist/**"],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
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
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
