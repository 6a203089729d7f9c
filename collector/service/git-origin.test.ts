import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GitOrigins, originUrl } from "./git-origin.ts";

let dir: string;
let now: number;
let origins: GitOrigins;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-origin-"));
  now = 0;
  origins = new GitOrigins(() => now);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const CONFIG = `[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:acme/app.git\n\tfetch = +refs/heads/*\n`;

it("finds the repository of a folder, of one below it, and of one below it that is gone", () => {
  write("app/.git/config", CONFIG);
  write("app/src/x.ts", "");
  for (const below of ["app", "app/src", "app/gone/deeper"])
    expect(origins.of(path.join(dir, below))).toBe("github.com/acme/app");
  expect(origins.of(dir)).toBeUndefined();
});

it("follows a worktree to the repository that it belongs to", () => {
  write("app/.git/config", CONFIG);
  write("app/.git/worktrees/two/commondir", "../..\n");
  write("two/.git", `gitdir: ${path.join(dir, "app/.git/worktrees/two")}\n`);
  expect(origins.of(path.join(dir, "two"))).toBe("github.com/acme/app");
});

it("takes a submodule's own origin, by a relative path", () => {
  write("app/.git/config", CONFIG);
  write("app/.git/modules/lib/config", CONFIG.replace("acme/app", "other/lib"));
  write("app/lib/.git", "gitdir: ../.git/modules/lib\n");
  expect(origins.of(path.join(dir, "app/lib/src"))).toBe("github.com/other/lib");
});

it("takes the nearest repository, also where it has no origin", () => {
  write("app/.git/config", CONFIG);
  write("app/inner/.git/config", "[core]\n");
  expect(origins.of(path.join(dir, "app/inner"))).toBeUndefined();
});

it("looks again after a minute", () => {
  const cwd = path.join(dir, "app");
  expect(origins.of(cwd)).toBeUndefined();
  write("app/.git/config", CONFIG);
  expect(origins.of(cwd)).toBeUndefined();
  now = 60_000;
  expect(origins.of(cwd)).toBe("github.com/acme/app");
});

it.each([
  ["a file without its target", ".git", "nonsense"],
  ["a configuration that is far too large", ".git/config", CONFIG + "#".repeat(300_000)],
  ["a configuration that is a folder", ".git/config/x", ""],
])("finds none in %s", (_, name, text) => {
  write(`app/${name}`, text);
  expect(origins.of(path.join(dir, "app"))).toBeUndefined();
});

it.each([
  ['[remote "origin"]\nurl = https://a.example/x # note', "https://a.example/x"],
  ['[remote "origin"] url = "https://a.example/x;y" ; note', "https://a.example/x;y"],
  ['[REMOTE "origin"]\r\n\tURL=https://a.example/x\r\n', "https://a.example/x"],
  ["[remote.origin]\nurl = https://a.example/x", "https://a.example/x"],
  ['[remote "origin"]\nurl = https://a.\\\nexample/x', "https://a.example/x"],
  ['[remote "upstream"]\nurl = https://a.example/x', undefined],
  ['[remote "origin"]\npushurl = https://a.example/x', undefined],
  ['[remote "origin"]\nfetch = x\n[branch "url"]\nurl = https://a.example/x', undefined],
])("reads %j", (config, url) => {
  expect(originUrl(config)).toBe(url);
});
