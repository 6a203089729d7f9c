import { expect, it } from "vitest";
import { matcherOf, normalizeRemote, ScopeConfig, type ScopeEntry, scopeMatcher } from "./scope.ts";

const linux = { os: "linux", homeDir: "/home/kim" } as const;
const at = (cwd: string | undefined, remote?: string) => ({ cwd, remote: () => remote });

it.each<{ entry: ScopeEntry; cwd: string; remote?: string; matches: boolean }>([
  { entry: "~/work", cwd: "/home/kim/work", matches: true },
  { entry: "~/work", cwd: "/home/kim/work/app/src", matches: true },
  { entry: "~/work", cwd: "/home/kim/workshop", matches: false },
  { entry: "~/work/", cwd: "/home/kim/work", matches: true },
  { entry: "~/work/**", cwd: "/home/kim/work", matches: true },
  { entry: "~/work/**", cwd: "/home/kim/work/a/b", matches: true },
  { entry: "~/work/*", cwd: "/home/kim/work", matches: false },
  { entry: "~/work/*", cwd: "/home/kim/work/a/b", matches: true },
  { entry: "~/work/app-?", cwd: "/home/kim/work/app-1", matches: true },
  { entry: "~/work/app-?", cwd: "/home/kim/work/app-12", matches: false },
  { entry: "/**/secret", cwd: "/srv/a/secret/b", matches: true },
  { entry: "**/secret", cwd: "/srv/a/secret", matches: true },
  { entry: "/srv/**/x", cwd: "/srv/x", matches: true },
  { entry: "/srv/a.b", cwd: "/srv/aXb", matches: false },
  { entry: "/srv/(a|b)", cwd: "/srv/(a|b)/c", matches: true },
  { entry: "~/Work", cwd: "/home/kim/work", matches: false },
  { entry: "/", cwd: "/anything", matches: true },
  { entry: { remote: "github.com/acme/*" }, cwd: "/x", remote: "github.com/acme/app", matches: true },
  { entry: { remote: "github.com/acme" }, cwd: "/x", remote: "github.com/acme/app", matches: true },
  { entry: { remote: "github.com/acme/*" }, cwd: "/x", remote: "github.com/acme-two/app", matches: false },
  { entry: { remote: "github.com/Acme/*" }, cwd: "/x", remote: "github.com/acme/app", matches: true },
  {
    entry: { remote: "git@github.com:acme/app.git" },
    cwd: "/x",
    remote: "github.com/acme/app",
    matches: true,
  },
  { entry: { remote: "*/acme/**" }, cwd: "/x", remote: "gitlab.example/acme/team/app", matches: true },
  { entry: { remote: "github.com/acme/*" }, cwd: "/x", matches: false },
])("$entry and $cwd $remote: $matches", ({ entry, cwd, remote, matches }) => {
  expect(matcherOf([entry], linux)(at(cwd, remote))).toBe(matches);
});

it.each([
  { os: "win32", homeDir: String.raw`C:\Users\Kim`, cwd: String.raw`c:\users\kim\Work\app` },
  { os: "darwin", homeDir: "/Users/Kim", cwd: "/Users/kim/work/app" },
] as const)("tells no upper from lower case on $os", ({ os, homeDir, cwd }) => {
  expect(matcherOf(["~/work"], { os, homeDir })(at(cwd))).toBe(true);
});

it.each([
  ["https://github.com/acme/app.git", "github.com/acme/app"],
  ["https://kim:secret@GitHub.com/acme/app/", "github.com/acme/app"],
  ["git@github.com:acme/app.git", "github.com/acme/app"],
  ["github.com:acme/app", "github.com/acme/app"],
  ["ssh://git@git.example:2222/acme/app.git", "git.example/acme/app"],
  ["git+ssh://git@git.example/acme/app", "git.example/acme/app"],
  ["file:///srv/git/app.git", "/srv/git/app"],
  ["/srv/git/app.git", "/srv/git/app"],
  [String.raw`C:\git\app`, String.raw`C:\git\app`],
])("%s is %s", (url, name) => {
  expect(normalizeRemote(url)).toBe(name);
});

it("follows everything by default, and what `include` names when it is there, less what `exclude` names", () => {
  const follows = (config: object, cwd: string | undefined) =>
    scopeMatcher(ScopeConfig.parse(config), linux)(at(cwd, "github.com/acme/app"));
  expect(follows({}, undefined)).toBe(true);
  expect(follows({ include: ["~/work"] }, "/home/kim/play")).toBe(false);
  expect(follows({ include: ["~/work"] }, undefined)).toBe(false);
  expect(follows({ include: ["~/play", { remote: "github.com/acme/*" }] }, "/home/kim/x")).toBe(true);
  expect(follows({ include: ["~/work"], exclude: ["~/work/own"] }, "/home/kim/work/own/a")).toBe(false);
  expect(follows({ include: [] }, "/home/kim/work")).toBe(false);
});

it("asks for a repository's origin only where a pattern needs it", () => {
  const place = { cwd: "/home/kim/work", remote: () => expect.fail("asked") };
  expect(scopeMatcher(ScopeConfig.parse({ include: ["~/work"] }), linux)(place)).toBe(true);
});

it.each(["work/**", "github.com/kim/*", "~kim/x", "", { remote: "" }, { remot: "x" }, 5])(
  "refuses %j, which would match nothing",
  (entry) => {
    const { error } = ScopeConfig.safeParse({ exclude: [entry] });
    expect(error?.issues.map(({ message }) => message).join()).toContain("expected a folder such as");
  },
);
