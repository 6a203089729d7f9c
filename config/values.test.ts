import { inspect } from "node:util";
import { expect, it } from "vitest";
import { bytes } from "./bytes.ts";
import { duration } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { defaultConfigDir, defaultStateDir, expandPath, type Home } from "./paths.ts";
import { secret } from "./secret.ts";

it.each([
  ["64KiB", 65_536],
  ["10MB", 10_000_000],
  ["1 GiB", 1_073_741_824],
  ["12", 12],
  [7, 7],
])("reads %s as %i bytes", (text, want) => {
  expect(bytes().parse(text)).toBe(want);
});

it.each([["big"], ["-1"], ["1.5MB"], ["10 parsecs"]])("refuses %s as a size, with an example", (text) => {
  expect(bytes().safeParse(text).error?.issues[0]?.message).toContain("64KiB");
});

it.each([
  ["200ms", 200],
  ["10s", 10_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
])("reads %s as %i ms", (text, want) => {
  expect(duration().parse(text)).toBe(want);
});

it.each([
  ["receivrs", "receivers"],
  ["key_sorce", "key_source"],
  ["exporter", "exporters"],
  ["zebra", undefined],
])("takes %s for %s", (text, want) => {
  expect(nearest(text, ["receivers", "exporters", "key_source"])).toBe(want);
});

it("never shows a secret", () => {
  const value = secret().parse("CANARY-TOKEN");
  const shown = [String(value), JSON.stringify({ value }), inspect({ value })].join(" ");
  expect(shown).not.toContain("CANARY");
  expect(value.reveal()).toBe("CANARY-TOKEN");
});

const linux: Home = { os: "linux", homeDir: "/home/a", env: {} };
const mac: Home = { os: "darwin", homeDir: "/Users/a", env: {} };
const windows: Home = {
  os: "win32",
  homeDir: "C:\\Users\\a",
  env: { LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local" },
};

it.each([
  [linux, "/home/a/.local/state/talos-auditor", "/home/a/.config/talos-auditor"],
  [{ ...linux, env: { XDG_STATE_HOME: "/s" } }, "/s/talos-auditor", "/home/a/.config/talos-auditor"],
  [mac, "/Users/a/Library/Application Support/talos-auditor", "/Users/a/.config/talos-auditor"],
  [windows, "C:\\Users\\a\\AppData\\Local\\talos-auditor", "C:\\Users\\a\\.config\\talos-auditor"],
])("keeps state where %o expects it", (home, state, config) => {
  expect([defaultStateDir(home), defaultConfigDir(home)]).toEqual([state, config]);
});

it.each([
  [linux, "~/x", "/base", "/home/a/x"],
  [linux, "y/z", "/base", "/base/y/z"],
  [linux, "/abs", "/base", "/abs"],
  [windows, "~\\x", "C:\\base", "C:\\Users\\a\\x"],
  [windows, "D:\\abs", "C:\\base", "D:\\abs"],
])("on %o, %s below %s is %s", (home, text, base, want) => {
  expect(expandPath(text, home, base)).toBe(want);
});
