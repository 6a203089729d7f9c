import type { Layer } from "./layers.ts";
import type { ConfigPath } from "./errors.ts";

/** Where a value was written. */
export interface Origin {
  layer: Layer;
  /** The full path of the value in its file. */
  path: ConfigPath;
}

/** A value that another one stands before, and why. */
export interface Lost {
  value: unknown;
  origin: Origin;
  why: "a later file says otherwise" | "locked by the managed configuration" | "the strictest wins";
}

/** A text, a number, a list …: whatever is replaced as a whole. */
export interface Leaf {
  kind: "leaf";
  /** Undefined: a later file took the value away, so that the default stands. */
  value: unknown;
  origin: Origin;
  lost: Lost[];
}

export interface Group {
  kind: "group";
  /** The last file that names the group. */
  origin: Origin;
  children: Map<string, Tree>;
}

/** A configuration in which every value knows where it was written. */
export type Tree = Leaf | Group;

export function treeOf(value: unknown, origin: Origin): Tree {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "leaf", value, origin, lost: [] };
  }
  const children = Object.entries(value).map(([key, item]): [string, Tree] => [
    key,
    treeOf(item, { ...origin, path: [...origin.path, key] }),
  ]);
  return { kind: "group", origin, children: new Map(children) };
}

/** The deepest node on the way to `path`, and how far that is. */
export function nodeAt(tree: Tree, path: ConfigPath): { node: Tree; depth: number } {
  let node = tree;
  let depth = 0;
  for (const part of path) {
    const child = node.kind === "group" ? node.children.get(String(part)) : undefined;
    if (child === undefined) break;
    node = child;
    depth += 1;
  }
  return { node, depth };
}

/** The node at exactly `path`. */
export function find(tree: Tree, path: ConfigPath): Tree | undefined {
  const { node, depth } = nodeAt(tree, path);
  return depth === path.length ? node : undefined;
}

/** Every leaf, with its path. */
export function leavesOf(
  tree: Tree,
  path: readonly string[] = [],
): { path: readonly string[]; leaf: Leaf }[] {
  if (tree.kind === "leaf") return [{ path, leaf: tree }];
  return [...tree.children].flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** Plain values, each leaf's as `read` gives it. */
export function valuesOf(
  tree: Tree,
  read: (leaf: Leaf, path: ConfigPath) => unknown,
  path: ConfigPath = [],
): unknown {
  if (tree.kind === "leaf") return read(tree, path);
  const values = [...tree.children].flatMap(([key, child]) => {
    const value = valuesOf(child, read, [...path, key]);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(values);
}

/** `base.yaml:12`, or the file alone where the line is not known. */
export function placeOf({ layer, path }: Origin): string {
  const line = layer.document.lineOf(path);
  return line === undefined ? layer.file : `${layer.file}:${line}`;
}
