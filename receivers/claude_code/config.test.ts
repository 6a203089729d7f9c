import { expect, it } from "vitest";
import { claudeCodeFactory } from "./factory.ts";
import { needsPolling } from "#tail/folder-watch.ts";

const { config } = claudeCodeFactory;

it("has defaults that follow from the end", () => {
  expect(config.parse({})).toEqual({
    exclude: [],
    scope: { exclude: [] },
    start_at: "end",
    watch: "auto",
    poll_interval: 1000,
    reconcile_interval: 60_000,
    max_line_size: 64 * 1024 * 1024,
    idle_timeout: 30_000,
    final_delay: 2000,
  });
});

it.each([
  { includes: [] },
  { include: [] },
  { start_at: "middle" },
  { poll_interval: 5 },
  { max_line_size: "big" },
])("refuses %j", (given) => {
  expect(config.safeParse(given).success).toBe(false);
});

it.each([
  ["\\\\server\\share\\projects", "win32", true],
  ["C:\\Users\\mo\\.claude", "win32", false],
  ["/nonexistent/folder", "linux", false],
  ["/proc", "linux", false],
  ["/Volumes/x", "darwin", false],
] as const)("%s on %s has to be polled: %s", (dir, os, polls) => {
  expect(needsPolling(dir, os)).toBe(polls);
});
