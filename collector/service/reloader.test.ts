import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ConfigError } from "#config/errors.ts";
import { testSettings } from "#testkit/fakes.ts";
import { ConfigWatch } from "./config-watch.ts";
import type { Plan } from "./plan.ts";
import { Reloader, type ReadConfig } from "./reloader.ts";
import type { Reloaded } from "./service.ts";
import { systemClock } from "./system.ts";

const PATIENCE = { timeout: 15_000, interval: 20 };
const NOTICE = { key: "service.old", hint: "is called service.new", place: "/etc/x.yaml:3" };
let dir: string;
let file: string;
let watch: ConfigWatch;
let changes: number;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-watch-"));
  file = path.join(dir, "config.yaml");
  writeFileSync(file, "one");
  changes = 0;
  watch = new ConfigWatch({ clock: systemClock, changed: () => (changes += 1) });
});
afterEach(() => {
  watch.close();
  rmSync(dir, { recursive: true, force: true });
});

const settle = () => new Promise((resolve) => setTimeout(resolve, 700));
const plan = (reload = true): Plan => ({ service: { reload } }) as unknown as Plan;

it.each([
  ["written to", () => writeFileSync(file, "two")],
  [
    "replaced",
    () => {
      writeFileSync(`${file}.new`, "two");
      renameSync(`${file}.new`, file);
    },
  ],
  ["deleted", () => rmSync(file)],
])("notices a file that is %s, once", async (_name, change) => {
  watch.follow([file]);
  await expect.poll(() => changes, PATIENCE).toBe(1);
  change();
  await expect.poll(() => changes, PATIENCE).toBe(2);
  await settle();
  expect(changes).toBe(2);
});

it("notices a link that is swapped, as mounted secrets are", async () => {
  for (const name of ["..1", "..2"]) {
    mkdirSync(path.join(dir, name));
    writeFileSync(path.join(dir, name, "token"), name);
  }
  symlinkSync("..1", path.join(dir, "..data"));
  symlinkSync("..data/token", path.join(dir, "token"));
  watch.follow([path.join(dir, "token")]);
  await expect.poll(() => changes, PATIENCE).toBe(1);
  symlinkSync("..2", path.join(dir, "..new"));
  renameSync(path.join(dir, "..new"), path.join(dir, "..data"));
  await expect.poll(() => changes, PATIENCE).toBe(2);
});

it("goes on watching when the whole folder is replaced", async () => {
  watch.follow([file]);
  await expect.poll(() => changes, PATIENCE).toBe(1);
  const next = mkdtempSync(path.join(tmpdir(), "talos-watch-"));
  writeFileSync(path.join(next, "config.yaml"), "two");
  rmSync(dir, { recursive: true });
  renameSync(next, dir);
  await expect.poll(() => changes, PATIENCE).toBeGreaterThanOrEqual(2);
  const before = changes;
  await settle();
  writeFileSync(file, "three");
  await expect.poll(() => changes, PATIENCE).toBeGreaterThan(before);
});

it("cares neither for other files of the folder nor for a file that is written anew as it was", async () => {
  watch.follow([file]);
  await expect.poll(() => changes, PATIENCE).toBe(1);
  writeFileSync(path.join(dir, "other"), "x");
  writeFileSync(file, "one");
  await settle();
  expect(changes).toBe(1);
});

it("sets no timer while every folder can be watched, and one where a folder is not there yet", async () => {
  const { clock } = testSettings();
  const quiet = new ConfigWatch({ clock, changed: () => {} });
  quiet.follow([file]);
  await clock.advance(1_000);
  expect(clock.waiting).toBe(0);
  let seen = 0;
  const later = new ConfigWatch({ clock, changed: () => (seen += 1) });
  later.follow([path.join(dir, "managed", "config.yaml")]);
  await clock.advance(1_000);
  expect([seen, clock.waiting]).toEqual([1, 1]);
  mkdirSync(path.join(dir, "managed"));
  writeFileSync(path.join(dir, "managed", "config.yaml"), "now");
  await clock.advance(61_000);
  expect([seen, clock.waiting]).toEqual([2, 0]);
  quiet.close();
  later.close();
});

interface Script {
  read: () => ReadConfig;
  reload?: (plan: Plan) => Promise<Reloaded>;
}

function reloader({ read, reload }: Script) {
  const settings = testSettings();
  const applied: Plan[] = [];
  const usable: boolean[] = [];
  const nothing: Reloaded = { kept: 1, started: 0, stopped: 0, needsRestart: [] };
  const service = { plan: plan(), reload: reload ?? (() => Promise.resolve(nothing)) };
  const made = new Reloader({
    service,
    current: { plan: plan(), files: [file], notices: [NOTICE] },
    read,
    clock: settings.clock,
    log: settings.log,
    applied: (next) => applied.push(next),
    usable: (isUsable) => usable.push(isUsable),
  });
  return { made, settings, applied, usable };
}

it("keeps what runs when the file is bad, and logs one line with every problem", async () => {
  const { made, settings, applied } = reloader({
    read: () => {
      throw new ConfigError(["a (line 1): wrong", "b (line 2): wrong\n too"], file);
    },
  });
  await made.request();
  expect(applied).toEqual([]);
  expect(settings.lines.filter(({ level }) => level !== "warn")).toEqual([
    {
      level: "error",
      message: "the new configuration is not usable; the one before goes on",
      fields: { problems: 2, details: "a (line 1): wrong; b (line 2): wrong too" },
    },
  ]);
});

it("keeps what runs when a component refuses", async () => {
  const { made, settings } = reloader({
    read: () => ({ plan: plan(), files: [file], notices: [] }),
    reload: () => Promise.reject(new Error("exporters.file.path: another exporter writes to this file")),
  });
  await made.request();
  expect(settings.lines.at(-1)).toEqual({
    level: "error",
    message: "a component refused the new configuration; the one before goes on",
    fields: { details: "exporters.file.path: another exporter writes to this file" },
  });
  await made.stop();
});

it("says whether what the files say is what runs: a bad file, a component that refuses, and a good one", async () => {
  let problem: "file" | "component" | undefined = "file";
  const { made, usable } = reloader({
    read: () => {
      if (problem === "file") throw new ConfigError(["a (line 1): wrong"], file);
      return { plan: plan(), files: [file], notices: [] };
    },
    reload: () => {
      if (problem === "component") return Promise.reject(new Error("refused"));
      return Promise.resolve({ kept: 1, started: 0, stopped: 0, needsRestart: [] });
    },
  });
  for (problem of ["file", "component", undefined] as const) await made.request();
  expect(usable).toEqual([false, false, true]);
  await made.stop();
});

it("tells of each deprecated setting and of each setting that needs a restart once", async () => {
  const { made, settings } = reloader({
    read: () => ({ plan: plan(), files: [file], notices: [NOTICE] }),
    reload: () => Promise.resolve({ kept: 1, started: 1, stopped: 1, needsRestart: ["service.state_dir"] }),
  });
  made.start();
  await made.request();
  await made.request();
  const warned = settings.lines
    .filter(({ level }) => level === "warn")
    .map(({ fields }) => fields["setting"]);
  expect(warned).toEqual(["service.old", "service.state_dir"]);
  await made.stop();
});

it("applies changes one after the other, and those that come together once", async () => {
  let [running, most, reads] = [0, 0, 0];
  const { made } = reloader({
    read: () => {
      reads += 1;
      return { plan: plan(), files: [file], notices: [] };
    },
    reload: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return { kept: 1, started: 0, stopped: 0, needsRestart: [] };
    },
  });
  await Promise.all([made.request(), made.request(), made.request()]);
  expect([most, reads]).toEqual([1, 2]);
  const first = made.request();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([first, made.request()]);
  expect([most, reads]).toEqual([1, 4]);
  await made.stop();
  await made.request();
  expect(reads).toBe(4);
});
