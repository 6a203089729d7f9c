import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execPath, platform } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Folder } from "./testing.ts";

const LOADER = join(import.meta.dirname, "testdata/key-loader.ts");

/** The Secret Service needs a session bus and a keyring daemon. */
const missing = ["dbus-run-session", "gnome-keyring-daemon"].filter(
  (program) => spawnSync(program, ["--version"]).error !== undefined,
);
const why = missing.length > 0 ? ` (skipped: ${missing.join(" and ")} not installed)` : "";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

/** Runs a script with a home of its own, in a new session bus or in none, and reads its lines. */
function run(script: string, bus: boolean): string[] {
  const runtime = join(folder.dir, "run");
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const { PATH } = process.env;
  const env = { PATH, HOME: folder.dir, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: join(folder.dir, "data") };
  const shell = ["sh", "-c", script];
  const [command = "sh", ...args] = bus ? ["dbus-run-session", "--", ...shell] : shell;
  const { stdout } = spawnSync(command, args, { env, timeout: 15_000, encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

const load = `'${execPath}' '${LOADER}'`;
/** The daemon ends by itself with its session bus. */
const unlock = "printf password | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1";

describe.skipIf(platform !== "linux" || missing.length > 0)(`the Secret Service${why}`, () => {
  it("keeps the key over restarts of the collector and of the keyring", () => {
    const [first, second] = run(`${unlock}; ${load}; ${load}`, true);
    expect(first).toMatch(/^keychain [0-9a-f]{16}$/);
    expect(second).toBe(first);
    expect(run(`${unlock}; ${load}`, true)).toEqual([first]);
  });

  it("gives another key to another user", () => {
    const [first] = run(`${unlock}; ${load}`, true);
    folder.dispose();
    folder = new Folder();
    const [second] = run(`${unlock}; ${load}`, true);
    expect(second).toMatch(/^keychain/);
    expect(second).not.toBe(first);
  });
});

describe.skipIf(platform !== "linux")("without a Secret Service", () => {
  it("the kernel's keyring is not used instead: the key is in memory, and each run has another", () => {
    const [first, second] = run(`${load}; ${load}`, false);
    expect(first).toMatch(/^memory /);
    expect(second).toMatch(/^memory /);
    expect(second).not.toBe(first);
  });
});
