import { nearest } from "#config/nearest.ts";
import { find, type Group } from "#config/tree.ts";
import type { Setting } from "./effective.ts";
import { childOf, isGroup, type SchemaNode } from "./schema-node.ts";

/** What a key names: a setting, or a group of them. */
export interface Explained {
  path: readonly string[];
  node: SchemaNode | undefined;
  /** The setting itself, or all below the group. */
  settings: Setting[];
  isGroup: boolean;
}

/** Finds what `key` names. Names of components may hold dots, so the longest name that fits counts. */
export function explainKey(
  key: string,
  { schema, tree, settings }: { schema: SchemaNode; tree: Group; settings: readonly Setting[] },
): Explained | { guess: string | undefined } {
  const path = resolveKey(key, schema, tree);
  if (path === undefined) {
    const known = settings.map((each) => each.path.join("."));
    return { guess: nearest(key, known) };
  }
  const node = path.reduce<SchemaNode | undefined>(childOf, schema);
  const below = settings.filter((each) => path.every((part, i) => each.path[i] === part));
  return { path, node, settings: below, isGroup: isGroup(node) };
}

function resolveKey(key: string, schema: SchemaNode, tree: Group): string[] | undefined {
  const path: string[] = [];
  let node: SchemaNode | undefined = schema;
  let rest = key;
  while (rest !== "") {
    const at = find(tree, path);
    const names = at?.kind === "group" ? [...at.children.keys()] : [];
    const fitting = names.filter((each) => rest === each || rest.startsWith(`${each}.`));
    const [segment = ""] = rest.split(".");
    const candidates = [...fitting.toSorted((a, b) => b.length - a.length), segment];
    const name = candidates.find((each) => childOf(node, each) !== undefined);
    if (name === undefined) return undefined;
    path.push(name);
    node = childOf(node, name);
    rest = rest.slice(name.length + 1);
  }
  return path;
}

/** The answer as text. */
export function explainText({ path, node, settings, isGroup: group }: Explained): string {
  const key = path.join(".");
  const about = [line("meaning", node?.description), line("choices", choices(node))];
  if (group) {
    const rows = settings.map(
      (each) => `  ${each.path.slice(path.length).join(".")} = ${text(each.value)}   (${each.origin})\n`,
    );
    return [`${key}\n`, ...about, ...(rows.length > 0 ? rows : ["  nothing is set\n"])].join("");
  }
  const [setting] = settings;
  const standard = node?.default === undefined ? "none" : text(node.default);
  if (setting === undefined) return [`${key} is not set\n`, line("default", standard), ...about].join("");
  const locked = setting.from === "managed" ? "   locked: it is in the managed configuration" : "";
  const lost = setting.lost.map(({ value, origin, why }) =>
    line("beats", `${text(value)}   ${origin}   (${why})`),
  );
  return [
    `${key} = ${text(setting.value)}\n`,
    line("from", setting.origin + locked),
    ...lost,
    line("default", standard),
    ...about,
  ].join("");
}

function line(name: string, value: string | undefined): string {
  return value === undefined || value === "" ? "" : `  ${name.padEnd(8)} ${value}\n`;
}

function choices(node: SchemaNode | undefined): string | undefined {
  return node?.enum === undefined ? undefined : node.enum.map(String).join(", ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}
