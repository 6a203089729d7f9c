import type { LoadedConfig } from "#config/load.ts";
import { type Leaf, type Lost, type Origin, placeOf, type Tree } from "#config/tree.ts";
import { childOf, isGroup, type SchemaNode } from "./schema-node.ts";

export const MASK = "[secret]";

/** A setting as it is in force. */
export interface Setting {
  path: readonly string[];
  /** As it was written, references included; secrets are masked. */
  value: unknown;
  from: "default" | "file" | "managed";
  /** `base.yaml:12`; `default` where no file says anything. */
  origin: string;
  lost: { value: unknown; origin: string; why: Lost["why"] }[];
  node: SchemaNode | undefined;
}

export interface EffectiveOptions {
  schema: SchemaNode;
  /** Defaults that depend on the machine, by full path. */
  defaults?: ReadonlyMap<string, unknown>;
}

/** Every setting of a configuration, those that nobody wrote included. */
export function effectiveSettings(
  { tree }: Pick<LoadedConfig, "tree">,
  options: EffectiveOptions,
): Setting[] {
  const defaults = options.defaults ?? new Map<string, unknown>();
  return settingsAt({ node: options.schema, tree, path: [], inherited: undefined }, defaults);
}

interface At {
  node: SchemaNode | undefined;
  tree: Tree | undefined;
  path: readonly string[];
  /** What the default of a group around it says. */
  inherited: unknown;
}

function settingsAt(at: At, defaults: ReadonlyMap<string, unknown>): Setting[] {
  const { node, tree, path } = at;
  if (tree?.kind !== "group" && !isOpen(at)) return leafSetting(at, defaults);
  const children = tree?.kind === "group" ? tree.children : new Map<string, Tree>();
  const inherited = at.inherited ?? node?.default;
  const keys = new Set([...Object.keys(node?.properties ?? {}), ...children.keys()]);
  const settings = [...keys].flatMap((key) =>
    settingsAt(
      {
        node: childOf(node, key),
        tree: children.get(key),
        path: [...path, key],
        inherited: isRecord(inherited) ? inherited[key] : undefined,
      },
      defaults,
    ),
  );
  if (settings.length > 0 || tree === undefined) return settings;
  return [{ path, value: {}, ...from(tree.origin), lost: [], node }];
}

/** A group that has settings although no file gives any: a component that is only named, or one with defaults. */
function isOpen({ node, tree, path, inherited }: At): boolean {
  if (!isGroup(node)) return false;
  if (tree?.kind === "leaf") return tree.value === null;
  return path.length < 2 || node?.default !== undefined || inherited !== undefined;
}

function leafSetting({ node, tree, path, inherited }: At, defaults: ReadonlyMap<string, unknown>): Setting[] {
  const leaf = tree?.kind === "leaf" ? tree : undefined;
  const lost = (leaf?.lost ?? []).map(({ value, origin, why }) => ({
    value: shown(value, node),
    origin: placeOf(origin),
    why,
  }));
  if (leaf !== undefined && leaf.value !== undefined) return [written(leaf, { path, lost, node })];
  const value = defaults.get(path.join(".")) ?? inherited ?? node?.default;
  if (value === undefined) return [];
  return [{ path, value: shown(value, node), from: "default", origin: "default", lost, node }];
}

function written(leaf: Leaf, rest: Pick<Setting, "path" | "lost" | "node">): Setting {
  return { ...rest, value: shown(leaf.value, rest.node), ...from(leaf.origin) };
}

function from(origin: Origin): Pick<Setting, "from" | "origin"> {
  return { from: origin.layer.kind, origin: placeOf(origin) };
}

const BARE_REFERENCE = /^\$\{(env:[^}:]+|file:[^}]+)\}$/;

/** A value as it may be shown: a secret only where it is a reference, which says where the secret is. */
export function shown(value: unknown, node: SchemaNode | undefined): unknown {
  // What the schema does not know of may be a secret.
  if (node === undefined || node.writeOnly === true)
    return typeof value === "string" && BARE_REFERENCE.test(value) ? value : MASK;
  if (Array.isArray(value)) return value.map((item) => shown(item, node.items));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, shown(item, childOf(node, key))]),
    );
  }
  return typeof value === "string" ? withoutCredentials(value) : value;
}

/** Addresses may hold a name and a password, or a key in their query. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/:\/\/[^/\s@]+@/g, `://${MASK}@`).replaceAll(/(:\/\/[^\s?]*\?)\S+/g, `$1${MASK}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
