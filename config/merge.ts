import type { ConfigPath, ConfigProblem } from "./errors.ts";
import type { Layer } from "./layers.ts";
import { holdsPrivacyKey, isStricter, privacyRule } from "./privacy-keys.ts";
import { type Group, type Leaf, type Lost, placeOf, type Tree, treeOf } from "./tree.ts";

const SECTIONS = new Set(["receivers", "processors", "exporters"]);

export interface Merged {
  tree: Group;
  problems: ConfigProblem[];
}

export interface MergeOptions {
  /** Called for each layer before it is merged, for settings that moved. */
  prepare(tree: Group): void;
  /** A leaf's value with its references resolved, for comparing modes. */
  resolve(leaf: Leaf): unknown;
}

/** Brings the files together, the last one the strongest: maps merge, lists and values replace. */
export function mergeLayers(layers: readonly Layer[], options: MergeOptions): Merged {
  const merge = new Merge(options);
  const trees = layers.map((layer) => {
    const tree = merge.rootOf(layer);
    options.prepare(tree);
    return tree;
  });
  const [first = emptyGroup(layers), ...others] = trees;
  merge.refuseEmptySections(first);
  const tree = others.reduce((earlier, later) => merge.groups(earlier, later, []), first);
  merge.applyManagedMode(tree);
  return { tree, problems: merge.problems };
}

class Merge {
  readonly problems: ConfigProblem[] = [];
  readonly #o: MergeOptions;

  constructor(options: MergeOptions) {
    this.#o = options;
  }

  rootOf(layer: Layer): Group {
    const tree = treeOf(layer.document.value ?? {}, { layer, path: [] });
    if (tree.kind === "group") return tree;
    this.problems.push({ path: [], message: "expected receivers, processors, exporters and service" });
    return { kind: "group", origin: tree.origin, children: new Map() };
  }

  groups(earlier: Group, later: Group, path: readonly string[]): Group {
    if (path.length === 0) this.refuseEmptySections(later);
    const children = new Map(earlier.children);
    for (const [key, child] of later.children) {
      const before = children.get(key);
      children.set(key, before === undefined ? child : this.#both(before, child, [...path, key]));
    }
    return { kind: "group", origin: later.origin, children };
  }

  #both(earlier: Tree, later: Tree, path: readonly string[]): Tree {
    if (later.kind === "leaf" && later.value === null) return this.#nothing(earlier, later, path);
    if (earlier.kind === "group" && later.kind === "group") return this.groups(earlier, later, path);
    // A component named without settings in the earlier file.
    if (earlier.kind === "group" || later.kind === "group") return later;
    const rule = privacyRule(path);
    if (rule === "strictest" && isStricter(this.#o.resolve(earlier), this.#o.resolve(later))) {
      return beaten(later, earlier, "the strictest wins");
    }
    if (rule === "keeps_all") this.#refuseLess(earlier, later, path);
    return beaten(earlier, later, whyLater(later, rule));
  }

  /** `key:` with nothing behind it. */
  #nothing(earlier: Tree, later: Leaf, path: readonly string[]): Tree {
    if (isComponent(path)) return earlier;
    if (holdsPrivacyKey(path)) {
      const message = `cannot be taken away: ${firstPlace(earlier)} sets it, and privacy hangs on it`;
      this.#problem(later, message);
      return earlier;
    }
    if (earlier.kind === "group") {
      const message = `is empty, and would take away all that ${placeOf(earlier.origin)} says; remove the line`;
      this.#problem(later, message);
      return earlier;
    }
    return beaten(earlier, { ...later, value: undefined }, whyLater(later, undefined));
  }

  /** A section without anything in it is a slip in any file. */
  refuseEmptySections(tree: Group): void {
    for (const [key, child] of tree.children) {
      if (child.kind === "leaf" && child.value === null && (SECTIONS.has(key) || key === "service")) {
        this.#problem(child, "is empty; remove the line, or write what belongs under it");
        tree.children.delete(key);
      }
    }
  }

  #refuseLess(earlier: Leaf, later: Leaf, path: readonly string[]): void {
    if (later.origin.layer.kind === "managed") return;
    const given: unknown[] = Array.isArray(later.value) ? later.value : [];
    const missing = (Array.isArray(earlier.value) ? earlier.value : []).filter((id) => !given.includes(id));
    if (missing.length === 0) return;
    const names = missing.map((id) => `"${String(id)}"`).join(", ");
    this.problems.push({
      path,
      message: `leaves out ${names}, which ${placeOf(earlier.origin)} names; a later file may add processors, not remove them`,
      origin: later.origin,
    });
  }

  /** The managed mode binds every processor, whatever it is called. */
  applyManagedMode(tree: Group): void {
    const processors = tree.children.get("processors");
    if (processors?.kind !== "group") return;
    const modes = [...processors.children.values()].flatMap((child) => {
      const mode = child.kind === "group" ? child.children.get("mode") : undefined;
      return child.kind === "group" && mode?.kind === "leaf" ? [{ group: child, mode }] : [];
    });
    const [limit] = modes
      .flatMap(({ mode }) => managedValues(mode))
      .toSorted((a, b) => (isStricter(this.#o.resolve(a), this.#o.resolve(b)) ? -1 : 1));
    if (limit === undefined) return;
    for (const { group, mode } of modes) {
      if (isStricter(this.#o.resolve(limit), this.#o.resolve(mode))) {
        group.children.set("mode", beaten(mode, { ...limit, lost: [] }, "the strictest wins"));
      }
    }
  }

  #problem({ origin }: Leaf, message: string): void {
    this.problems.push({ path: origin.path, message, origin });
  }
}

/** What the managed configuration says here, whether it won or not. */
function managedValues(leaf: Leaf): Leaf[] {
  const all = [
    leaf,
    ...leaf.lost.map(({ value, origin }): Leaf => ({ kind: "leaf", value, origin, lost: [] })),
  ];
  return all.filter(({ origin }) => origin.layer.kind === "managed");
}

function beaten(loser: Leaf, winner: Leaf, why: Lost["why"]): Leaf {
  const { value, origin } = loser;
  return { ...winner, lost: [...winner.lost, { value, origin, why }, ...loser.lost] };
}

function whyLater(later: Leaf, rule: ReturnType<typeof privacyRule>): Lost["why"] {
  if (rule === "strictest") return "the strictest wins";
  return later.origin.layer.kind === "managed"
    ? "locked by the managed configuration"
    : "a later file says otherwise";
}

function isComponent(path: ConfigPath): boolean {
  return path.length === 2 && SECTIONS.has(String(path[0]));
}

function firstPlace(tree: Tree): string {
  return placeOf(tree.origin);
}

function emptyGroup(layers: readonly Layer[]): Group {
  const [layer] = layers;
  if (layer === undefined) throw new Error("a configuration needs at least one file");
  return { kind: "group", origin: { layer, path: [] }, children: new Map() };
}
