import type { ConfigProblem } from "./errors.ts";
import { type Group, type Origin, placeOf, type Tree } from "./tree.ts";

/** A setting that is no longer, or never was, called so. */
export interface Deprecation {
  /** Full path. `*` is any name; `otlp_http/*` any component of that type. */
  path: readonly string[];
  /**
   * The new full path, where the value still counts. Its `*` stand for the same names as in `path`. Without it, the
   * old setting does nothing more (`ignored`) or is an error (`refused`).
   */
  to?: readonly string[];
  effect: "moved" | "ignored" | "refused";
  /** What to do, after "the setting …: ". */
  hint: string;
}

/** A deprecated setting that a file uses. */
export interface Notice {
  /** The path as the table has it: never text of the user's. */
  key: string;
  hint: string;
  /** File and line. */
  place: string;
}

const otel = (type: string, setting: string, hint: string): Deprecation => ({
  path: ["exporters", type, setting],
  effect: "refused",
  hint,
});

/** Settings that people bring along from the OpenTelemetry Collector, and our own that changed. */
export const DEPRECATIONS: readonly Deprecation[] = [
  otel(
    "*",
    "sending_queue",
    "every destination has a queue on disk by itself; its limit is service.outbox.max_size",
  ),
  otel(
    "*",
    "retry_on_failure",
    "nothing to set: what fails is tried again without end, and nothing is dropped",
  ),
  {
    path: ["exporters", "otlphttp/*"],
    effect: "refused",
    hint: "the type is called otlp_http",
  },
  {
    path: ["processors", "batch/*"],
    effect: "refused",
    hint: "batches are made by themselves; see service.batch.timeout and service.batch.size",
  },
  {
    path: ["processors", "memory_limiter/*"],
    effect: "refused",
    hint: "not needed: a full queue stops reading",
  },
];

/** Moves, removes or refuses what the table names, in one file's tree. */
export function applyDeprecations(
  tree: Group,
  table: readonly Deprecation[],
  found: { notices: Notice[]; problems: ConfigProblem[] },
): void {
  for (const entry of table) {
    for (const { parent, key, names } of matches(tree, entry.path)) {
      const old = parent.children.get(key);
      if (old === undefined) continue;
      parent.children.delete(key);
      if (entry.effect === "refused") {
        found.problems.push({ path: old.origin.path, message: entry.hint, origin: old.origin });
        continue;
      }
      if (entry.to !== undefined) place(tree, fill(entry.to, names), old);
      found.notices.push({ key: entry.path.join("."), hint: entry.hint, place: placeOf(old.origin) });
    }
  }
}

interface Match {
  parent: Group;
  key: string;
  /** What the pattern's wildcards stood for, in order. */
  names: string[];
}

function matches(group: Group, pattern: readonly string[], names: readonly string[] = []): Match[] {
  const [first = "", ...rest] = pattern;
  return [...group.children].flatMap(([key, child]): Match[] => {
    if (!fits(first, key)) return [];
    const known = first.endsWith("*") ? [...names, key] : [...names];
    if (rest.length === 0) return [{ parent: group, key, names: known }];
    return child.kind === "group" ? matches(child, rest, known) : [];
  });
}

function fits(part: string, key: string): boolean {
  if (part === "*") return true;
  return part.endsWith("/*") ? key.split("/")[0] === part.slice(0, -2) : part === key;
}

function fill(path: readonly string[], names: readonly string[]): string[] {
  const left = [...names];
  return path.map((part) => (part.endsWith("*") ? (left.shift() ?? part) : part));
}

/** The new name wins where a file has both. */
function place(tree: Group, path: readonly string[], value: Tree): void {
  const [first = "", ...rest] = path;
  const there = tree.children.get(first);
  if (rest.length === 0) {
    if (there === undefined) tree.children.set(first, value);
    return;
  }
  const origin: Origin = value.origin;
  const group: Group = there?.kind === "group" ? there : { kind: "group", origin, children: new Map() };
  tree.children.set(first, group);
  place(group, rest, value);
}
