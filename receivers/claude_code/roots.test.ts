import { expect, it } from "vitest";
import { compileGlob } from "#tail/glob.ts";
import { defaultIncludes, defaultRoots } from "./roots.ts";

it.each([
  {
    name: "Linux",
    platform: { os: "linux" as const, homeDir: "/home/mo", env: {} },
    roots: [
      "/home/mo/.claude/projects",
      "/home/mo/.config/claude/projects",
      "/home/mo/.config/Claude/local-agent-mode-sessions",
    ],
  },
  {
    name: "Linux with XDG_CONFIG_HOME and two config folders",
    platform: {
      os: "linux" as const,
      homeDir: "/home/mo",
      env: { XDG_CONFIG_HOME: "/cfg", CLAUDE_CONFIG_DIR: "~/a, /b/projects" },
    },
    roots: [
      "/home/mo/a/projects",
      "/b/projects",
      "/home/mo/.claude/projects",
      "/cfg/claude/projects",
      "/cfg/Claude/local-agent-mode-sessions",
    ],
  },
  {
    name: "macOS",
    platform: { os: "darwin" as const, homeDir: "/Users/mo", env: {} },
    roots: [
      "/Users/mo/.claude/projects",
      "/Users/mo/.config/claude/projects",
      "/Users/mo/Library/Application Support/Claude/local-agent-mode-sessions",
    ],
  },
  {
    name: "Windows",
    platform: {
      os: "win32" as const,
      homeDir: "C:\\Users\\mo",
      env: { APPDATA: "C:\\Users\\mo\\AppData\\Roaming" },
    },
    roots: [
      "C:\\Users\\mo\\.claude\\projects",
      "C:\\Users\\mo\\.config\\claude\\projects",
      "C:\\Users\\mo\\AppData\\Roaming\\Claude\\local-agent-mode-sessions",
      "C:\\Users\\mo\\AppData\\Local\\Packages",
    ],
  },
])("on $name", ({ platform, roots }) => {
  expect(defaultRoots(platform)).toEqual(roots);
  expect(defaultIncludes(platform).join()).not.toContain("~");
});

const linux = { os: "linux" as const, homeDir: "/home/mo" };
const windows = { os: "win32" as const, homeDir: "C:\\Users\\mo" };
it.each([
  ["~/.claude/projects/**/*.jsonl", linux, "/home/mo/.claude/projects/a/b/c.jsonl", true],
  ["~/.claude/projects/**/*.jsonl", linux, "/home/mo/.claude/projects/c.jsonl", true],
  ["~/.claude/projects/**/*.jsonl", linux, "/home/mo/.claude/projects/c.json", false],
  ["~/.claude/projects/**/*.jsonl", linux, "/home/mo/.claude/projectsX/c.jsonl", false],
  ["/p/*.jsonl", linux, "/p/a/b.jsonl", false],
  ["/p/{a,b}/?.jsonl", linux, "/p/b/1.jsonl", true],
  ["/p/{a,b}/?.jsonl", linux, "/p/c/1.jsonl", false],
  ["/p/a.jsonl", linux, "/p/a.jsonl", true],
  ["/p/x(1)+$.jsonl", linux, "/p/x(1)+$.jsonl", true],
  ["/p/**", linux, "/p/x/y.jsonl", true],
  ["~/.claude/projects/**/*.jsonl", windows, "C:\\Users\\mo\\.claude\\projects\\C--x\\a.JSONL", true],
  ["C:\\d\\**\\*.jsonl", windows, "C:\\d\\e\\a.jsonl", true],
])("%s and %j: %s is %s", (pattern, platform, file, matches) => {
  expect(compileGlob(pattern, platform).matches(file)).toBe(matches);
});

it("enters only folders that may hold a match", () => {
  const glob = compileGlob("/p/Claude*/x/**/*.jsonl", linux);
  expect(["/p", "/p/ClaudeA", "/p/ClaudeA/x", "/p/ClaudeA/x/y/z"].map((dir) => glob.mayHold(dir))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["/p/Other", "/p/ClaudeA/y", "/q"].map((dir) => glob.mayHold(dir))).toEqual([false, false, false]);
});

it("knows below which folders any depth may match", () => {
  const glob = compileGlob("/p/Claude*/x/**/*.jsonl", linux);
  expect(
    ["/p", "/p/ClaudeA", "/p/ClaudeA/x", "/p/ClaudeA/x/y", "/p/Other/x"].map((dir) => glob.isDeep(dir)),
  ).toEqual([false, false, true, true, false]);
});
