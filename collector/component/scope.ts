import * as z from "zod";

/** An absolute path, or one that begins at the home folder or anywhere. Others would silently match nothing. */
const FOLDER = /^(?:~|\*\*)?[/\\]|^~$|^[A-Za-z]:[/\\]/;

export function isFolderPattern(text: string): boolean {
  return FOLDER.test(text);
}

const EXPECTED = {
  error: 'expected a folder such as "~/work/**", or a repository such as { remote: "github.com/acme/*" }',
};
const ScopeEntry = z.union(
  [z.string().regex(FOLDER, EXPECTED), z.strictObject({ remote: z.string().min(1, EXPECTED) }, EXPECTED)],
  EXPECTED,
);

/** A folder's pattern, or a pattern of a repository's `origin`. */
export type ScopeEntry = z.output<typeof ScopeEntry>;

/** Which folders and repositories a receiver follows. */
export const ScopeConfig = z.strictObject({
  include: z
    .array(ScopeEntry)
    .optional()
    .describe(
      "Only these are followed: folders (`~/work/**`) and repositories (`remote: github.com/acme/*`).",
    ),
  exclude: z.array(ScopeEntry).default([]).describe("These are not followed, whatever `include` says."),
});
export type ScopeConfig = z.output<typeof ScopeConfig>;

/** What a record is told apart by. Both stay in memory. */
export interface Place {
  cwd: string | undefined;
  /** The normalised `origin` of the repository that holds `cwd`. Asked for only where a pattern needs it. */
  remote: () => string | undefined;
}

interface ScopeHome {
  os: "darwin" | "linux" | "win32";
  homeDir: string;
}

export type Matcher = (place: Place) => boolean;

/** True for a place that any of the entries names. */
export function matcherOf(entries: readonly ScopeEntry[], home: ScopeHome): Matcher {
  const matchers = entries.map((entry) =>
    typeof entry === "string" ? folderMatcher(entry, home) : remoteMatcher(entry.remote),
  );
  return (place) => matchers.some((matches) => matches(place));
}

/** True for a place that is followed. One of which the folder is not known is not, where anything is left out. */
export function scopeMatcher({ include, exclude }: ScopeConfig, home: ScopeHome): Matcher {
  const isIncluded = include === undefined ? () => true : matcherOf(include, home);
  const isExcluded = exclusionOf(exclude, home);
  return (place) => isIncluded(place) && !isExcluded(place);
}

/** True for a place that any of the entries names, and for one of which nobody can say that none does. */
export function exclusionOf(entries: readonly ScopeEntry[], home: ScopeHome): Matcher {
  const matches = matcherOf(entries, home);
  return (place) => (place.cwd === undefined ? entries.length > 0 : matches(place));
}

/** A pattern names a folder and all that is below it. */
function folderMatcher(pattern: string, { os, homeDir }: ScopeHome): Matcher {
  const slashed = (path: string) => (os === "win32" ? path.replaceAll("\\", "/") : path);
  const expanded = slashed(pattern).replace(/^~(?=$|\/)/, () => slashed(homeDir));
  const whole = patternOf(expanded, os === "linux" ? "u" : "iu");
  return ({ cwd }) => cwd !== undefined && whole.test(slashed(cwd));
}

function remoteMatcher(pattern: string): Matcher {
  const whole = patternOf(normalizeRemote(pattern), "iu");
  return ({ remote }) => {
    const origin = remote();
    return origin !== undefined && whole.test(origin);
  };
}

/** `*` and `?` stay within a name, `**` is any number of names. What is below a match matches, too. */
function patternOf(pattern: string, flags: string): RegExp {
  const names = pattern.replace(/(?:\/\*\*)*\/*$/, "").split("/");
  const source = names.map((name, i) => {
    if (name === "**") return i === 0 ? "(?:.*)" : "(?:/.*)?";
    const text = name
      .replaceAll(/[\\^$.|+()[\]{}/]/g, String.raw`\$&`)
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return i === 0 ? text : `/${text}`;
  });
  return new RegExp(`^${source.join("")}(?:/.*)?$`, flags);
}

/** One name for a repository, however it was cloned: host and path, without scheme, user, port and `.git`. */
export function normalizeRemote(url: string): string {
  const text = url.trim();
  const [, authority, rest] = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)(.*)$/i.exec(text) ?? [];
  if (authority !== undefined) return joined(authority.replace(/^.*@/, "").replace(/:\d+$/, ""), rest ?? "");
  // As `scp` writes it. A Windows drive has one letter.
  const [, host, path] = /^(?:[^/@]*@)?([^/:]{2,}):(.*)$/.exec(text) ?? [];
  return host === undefined ? trimmed(text) : joined(host, path ?? "");
}

function joined(host: string, path: string): string {
  return trimmed(`${host.toLowerCase()}/${path.replace(/^\/+/, "")}`);
}

function trimmed(path: string): string {
  return path
    .replace(/\/+$/, "")
    .replace(/\.git$/i, "")
    .replace(/\/+$/, "");
}
