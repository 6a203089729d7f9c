import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { recorderOf } from "../../../receivers/cursor/hooks/command.ts";
import { stopPayload, until } from "../../../receivers/cursor/hooks/testkit.ts";
import { install, type Installation, isForEverybody, remove, removeLauncher } from "./change.ts";
import { hooksFile, launcherFile } from "./places.ts";
import { readSpool } from "./spool.ts";
import { readHooksStatus } from "./status.ts";
import { statusText } from "./text.ts";

let dir: string;
let user: Installation;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-cursor-hooks-"));
  const platform = { os: "linux", homeDir: dir, env: {} } as const;
  user = { level: "user", platform, stateDir: path.join(dir, "state"), dryRun: false };
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = () => path.join(dir, ".cursor/hooks.json");
const read = () => readFileSync(file(), "utf8");

function write(text: string): void {
  mkdirSync(path.dirname(file()), { recursive: true });
  writeFileSync(file(), text);
}

it("makes a file, the recorder's folder and nothing else, twice as once, and takes them out", () => {
  expect(install(user)).toMatchObject({ file: file(), changed: true, backup: undefined });
  expect(install(user)).toMatchObject({ changed: false, diff: [] });
  expect(readdirSync(path.dirname(file()))).toEqual(["hooks.json"]);
  expect(statSync(path.join(dir, "state/cursor-hooks")).mode & 0o777).toBe(0o700);
  expect(remove(user)).toMatchObject({ changed: true, deleted: true });
  expect(readdirSync(path.dirname(file()))).toEqual([]);
  expect(remove(user)).toMatchObject({ changed: false, deleted: false });
});

it("what is installed records, where the receiver looks", async () => {
  install(user);
  const { hooks } = JSON.parse(read()) as { hooks: { stop: [{ command: string }] } };
  const env = { ...process.env, HOME: dir };
  const answer = execFileSync("sh", ["-c", hooks.stop[0].command], {
    input: JSON.stringify(stopPayload()),
    env,
  });
  expect(answer.toString()).toBe("{}\n");
  await until(() => readSpool(path.join(user.stateDir, "cursor-hooks"))?.lines === 1);
  const status = readHooksStatus({
    platform: user.platform,
    stateDir: user.stateDir,
    files: { managed: "/nowhere" },
  });
  expect(status).toMatchObject({
    levels: [{ state: "installed", missing: [] }, { state: "no_file" }],
    twice: false,
    spool: { lines: 1, hasKey: false },
  });
  expect(statusText(status, Date.now())).toContain("Last recorded");
});

it("keeps a file's mode, its copy as it was, and a link to where it is kept", () => {
  write('{"version": 1, "hooks": {"stop": [{"command": "./a.sh"}]}}');
  const real = path.join(dir, "dotfiles.json");
  writeFileSync(real, read());
  chmodSync(real, 0o640);
  rmSync(file());
  symlinkSync(real, file());
  const before = read();
  expect(install(user).backup).toBe(`${real}.before-talos`);
  expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(readFileSync(`${real}.before-talos`, "utf8")).toBe(before);
  install({ ...user, node: "/moved/node" });
  expect(readFileSync(`${real}.before-talos`, "utf8")).toBe(before);
  remove(user);
  expect(read()).toBe(before);
  expect(existsSync(`${real}.before-talos`)).toBe(false);
});

it("makes the file that a link leads to, and leaves the link", () => {
  const real = path.join(dir, "dotfiles", "hooks.json");
  mkdirSync(path.dirname(file()));
  symlinkSync("../dotfiles/hooks.json", file());
  install(user);
  expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  expect(existsSync(real)).toBe(true);
  remove(user);
  expect([lstatSync(file()).isSymbolicLink(), existsSync(real)]).toEqual([true, false]);
});

it("shows what would change, and changes nothing", () => {
  expect(install({ ...user, dryRun: true }).diff.filter((line) => line.includes("/bin/sh -c"))).toHaveLength(
    2,
  );
  expect(existsSync(file())).toBe(false);
  write('{\n  "version": 1,\n  "hooks": {\n    "stop": [{ "command": "./a.sh" }]\n  }\n}\n');
  const before = read();
  install({ ...user, dryRun: true });
  expect(read()).toBe(before);
  install(user);
  const after = read();
  expect(
    remove({ ...user, dryRun: true }).diff.every(
      (line) => !line.startsWith("+") || !line.includes("/bin/sh"),
    ),
  ).toBe(true);
  expect(read()).toBe(after);
});

it.each(['{ "version": 1, // mine\n "hooks": {} }', '{"version": 7}', "", "\u0000"])(
  "a file of %j that it does not know stays as it is",
  (text) => {
    write(text === "" ? "[" : text);
    const before = read();
    for (const change of [install, remove])
      expect(() => change(user)).toThrow(/hooks\.json: .*nothing was changed/);
    expect(read()).toBe(before);
    expect(readdirSync(path.dirname(file()))).toEqual(["hooks.json"]);
  },
);

it("bytes that are no text stay as they are", () => {
  write("");
  writeFileSync(file(), Buffer.from([0x7b, 0xff, 0x7d]));
  expect(() => install(user)).toThrow("cannot be read");
  expect(readFileSync(file())).toHaveLength(3);
});

it("tells of both levels, of paths that are gone, of another folder, and of Claude Code's hooks", () => {
  const managed = path.join(dir, "managed.json");
  install({ ...user, node: "/moved/node", stateDir: path.join(dir, "other") });
  install({ ...user, level: "managed", file: managed });
  mkdirSync(path.join(dir, ".claude"));
  writeFileSync(path.join(dir, ".claude/settings.json"), '{"hooks": {"Stop": [{}], "PreToolUse": [{}, {}]}}');
  const status = readHooksStatus({ platform: user.platform, stateDir: user.stateDir, files: { managed } });
  const otherFolder = path.join(dir, "other/cursor-hooks");
  expect(status).toMatchObject({
    levels: [{ missing: ["/moved/node"], otherFolder }, { missing: [] }],
    twice: true,
    claudeCodeHooks: 3,
    spool: undefined,
  });
  const text = statusText(status, 0);
  for (const part of ["counted once", "/moved/node is not there", otherFolder, "3 hooks", "there is no"])
    expect(text).toContain(part);
  expect(
    recorderOf((JSON.parse(readFileSync(managed, "utf8")) as never)["hooks"]["stop"][0]["command"])?.folder,
  ).toBe("");
});

it("on Windows a launcher stands between, and goes with the last of it", () => {
  const launcher = path.join(dir, "talos-cursor-hooks.cmd");
  const windows: Installation = {
    ...user,
    platform: { os: "win32", homeDir: dir, env: {} },
    file: file(),
    launcher,
  };
  install(windows);
  expect(JSON.parse(read())).toMatchObject({ hooks: { stop: [{ command: `cmd /d /c "${launcher}"` }] } });
  expect(readFileSync(launcher, "utf8")).toContain(`"${process.execPath}"`);
  const where = {
    platform: windows.platform,
    stateDir: user.stateDir,
    files: { user: file(), managed: "/nowhere" },
  };
  expect(readHooksStatus(where).levels[0]).toMatchObject({ state: "installed", missing: [] });
  remove(windows);
  removeLauncher(windows);
  expect(readdirSync(dir).filter((name) => name.endsWith(".cmd"))).toEqual([]);
});

it.each([
  ["darwin", "/Users/dev/.cursor/hooks.json", "/Library/Application Support/Cursor/hooks.json"],
  ["linux", "/home/dev/.cursor/hooks.json", "/etc/cursor/hooks.json"],
  ["win32", "C:\\Users\\dev\\.cursor\\hooks.json", "C:\\ProgramData\\Cursor\\hooks.json"],
] as const)("knows the files of %s", (os, own, managed) => {
  const homeDir = own.replace(/.\.cursor.hooks\.json$/, "");
  expect([
    hooksFile("user", { os, homeDir, env: {} }),
    hooksFile("managed", { os, homeDir, env: {} }),
  ]).toEqual([own, managed]);
  expect(launcherFile("user", "C:\\state")).toBe("C:\\state\\talos-cursor-hooks.cmd");
});

it("tells a place that not every user can reach", () => {
  const open = path.join(dir, "open");
  writeFileSync(open, "");
  chmodSync(open, 0o644);
  chmodSync(dir, 0o700);
  expect(isForEverybody({ node: "/bin/sh", recorder: "/bin/sh" })).toBe(true);
  expect(isForEverybody({ node: "/bin/sh", recorder: open })).toBe(false);
});
