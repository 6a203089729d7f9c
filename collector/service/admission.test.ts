import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ScopeConfig } from "#component/scope.ts";
import { emptyUnit, type Unit } from "#component/unit.ts";
import { record, SCOPE } from "#state/testing.ts";
import { Admission } from "./admission.ts";
import { readExclusions, writeExclusions } from "./exclusions.ts";
import { createLogger } from "./logger.ts";
import { writePauses } from "./pauses.ts";

const T = 1_790_000_000_000;
let dir: string;
let said: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-admission-"));
  said = "";
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function admission(namesProjects?: () => boolean): Admission {
  const write = (line: string) => void (said += line);
  const log = createLogger({ level: "debug", format: "text", write, now: () => T });
  return new Admission({
    configDir: dir,
    home: { os: "linux", homeDir: dir },
    now: () => T,
    log,
    ...(namesProjects && { namesProjects }),
  });
}

const unitOf = (...cwds: (string | undefined)[]): Unit => ({
  ...emptyUnit(SCOPE),
  records: cwds.map((cwd, i) => record(`r${i}`, cwd === undefined ? {} : { cwd })),
});
const names = ({ records }: Unit) => records.map(({ local }) => local.request);

it("hands a unit on as it is when nothing is left out", () => {
  const unit = unitOf("/a", undefined);
  expect(admission().screen(ScopeConfig.parse({}))(unit)).toBe(unit);
});

it("drops what the receiver's scope leaves out, by folder and by repository, and changes no given unit", () => {
  const repo = path.join(dir, "clone");
  mkdirSync(path.join(repo, ".git"), { recursive: true });
  writeFileSync(path.join(repo, ".git/config"), '[remote "origin"]\nurl = git@github.com:acme/app.git\n');
  const scope = ScopeConfig.parse({
    include: ["/work", { remote: "github.com/acme/*" }],
    exclude: ["/work/own"],
  });
  const unit = unitOf("/work/a", "/work/own", `${repo}/src`, "/play", undefined);
  const screened = admission().screen(scope)(unit);
  expect(names(screened)).toEqual(["r0", "r2"]);
  expect(screened.drops).toEqual(new Map([["out_of_scope", 3]]));
  expect(unit.records).toHaveLength(5);
  expect(unit.drops.size).toBe(0);
});

it("follows the user's own list from the next unit on", () => {
  const screen = admission().screen(undefined);
  writeExclusions(dir, ["/home/kim/own", "remote: github.com/kim/*"]);
  expect(statSync(path.join(dir, "exclude")).mode & 0o777).toBe(0o600);
  expect(names(screen(unitOf("/home/kim/own/x", "/home/kim/work")))).toEqual(["r1"]);
  writeExclusions(dir, []);
  expect(names(screen(unitOf("/home/kim/own/x")))).toEqual(["r0"]);
});

it("leaves out what names no folder where anything is left out, for it may be of it", () => {
  const scope = ScopeConfig.parse({ exclude: ["/own"] });
  const screened = admission().screen(scope)(unitOf("/work", undefined));
  expect([names(screened), screened.drops.get("out_of_scope")]).toEqual([["r0"], 1]);
  writeExclusions(dir, ["remote: github.com/kim/*"]);
  const own = admission();
  expect(names(own.screen(undefined)(unitOf("/work", undefined)))).toEqual(["r0"]);
  expect([own.isExcluded(undefined), own.isExcluded("/work")]).toEqual([true, false]);
});

it("does not begin with a list that it cannot read, and keeps the last good one while running", () => {
  writeExclusions(dir, ["/own"]);
  const screen = admission().screen(undefined);
  writeFileSync(path.join(dir, "exclude"), "canary-not-a-path\n");
  expect(names(screen(unitOf("/own", "/work")))).toEqual(["r1"]);
  screen(unitOf("/own"));
  expect(said.match(/cannot be read/g)).toHaveLength(1);
  writePauses(dir, [{ fromMs: 0, untilMs: Infinity }]);
  expect(screen(unitOf("/work")).drops).toEqual(new Map([["paused", 1]]));
  expect(said).not.toContain("canary");
  expect(() => admission()).toThrow(/line 1 .*`exclude`/);
  expect(() => readExclusions(dir)).toThrow(expect.not.stringContaining("canary"));
});

it("drops what was written in a pause, whenever it is read", () => {
  writePauses(dir, [{ fromMs: T - 100, untilMs: T - 50 }]);
  const unit = unitOf("/a", "/a", "/a");
  for (const [i, timeMs] of [T - 101, T - 100, T - 50].entries()) {
    const one = unit.records[i];
    if (one !== undefined) one.lastTimeMs = timeMs;
  }
  const of = admission();
  const screened = of.screen(undefined)(unit);
  expect(names(screened)).toEqual(["r0", "r2"]);
  expect(screened.drops).toEqual(new Map([["paused", 1]]));
  expect(of.pause).toBeUndefined();
});

it("knows of a pause as soon as it is written", () => {
  const of = admission();
  expect(of.pause).toBeUndefined();
  writePauses(dir, [{ fromMs: T - 1, untilMs: Infinity }]);
  expect(of.pause).toEqual({ fromMs: T - 1, untilMs: Infinity });
});

it("says which repository a record belongs to while the team wants that, and changes no given unit", () => {
  const repo = path.join(dir, "CANARY");
  mkdirSync(path.join(repo, ".git"), { recursive: true });
  writeFileSync(path.join(repo, ".git/config"), '[remote "origin"]\nurl = git@github.com:acme/app.git\n');
  let isWanted = true;
  const screen = admission(() => isWanted).screen(undefined);
  const unit = unitOf(`${repo}/src`, "/play", undefined);
  const origins = ({ records }: Unit) => records.map(({ local }) => local.origin);
  expect(origins(screen(unit))).toEqual(["github.com/acme/app", undefined, undefined]);
  expect(origins(unit)).toEqual([undefined, undefined, undefined]);
  isWanted = false;
  expect(screen(unit)).toBe(unit);
});
