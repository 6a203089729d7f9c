import { readFileSync } from "node:fs";
import { applyDeprecations, type Deprecation, DEPRECATIONS, type Notice } from "./deprecations.ts";
import { ConfigError, type ConfigPath, type ConfigProblem, parseInto } from "./errors.ts";
import { type Layer, layerOf, readLayer, readManagedLayer } from "./layers.ts";
import { mergeLayers } from "./merge.ts";
import { expandPath, type Home } from "./paths.ts";
import { type ReferenceSources, resolveReferences } from "./references.ts";
import { RootConfig, ServiceConfig } from "./service.ts";
import { find, type Group, type Leaf, nodeAt, placeOf, valuesOf } from "./tree.ts";

/** Files whose shape is right, as one. The components' settings are still as the user wrote them. */
export interface LoadedConfig {
  /** The files, for the heading of an error. */
  file: string;
  receivers: Record<string, unknown>;
  processors: Record<string, unknown>;
  exporters: Record<string, unknown>;
  service: ServiceConfig;
  /** Problems that do not stop the reading: reported together with those of the components. */
  problems: ConfigProblem[];
  /** Deprecated settings that are used. */
  notices: Notice[];
  /** Every value as it was written, and where. */
  tree: Group;
  /** Every file that was read or looked for, those of `${file:…}` included. */
  files: string[];
  /** Renders a problem with its path and, where known, its line. */
  describe: (problem: ConfigProblem) => string;
  /** Folder that a relative path at this setting is relative to: that of the file which says it. */
  baseDirOf(path: ConfigPath): string;
}

export interface LoadOptions {
  /** The managed configuration's file. Read when it is there. */
  managed?: string;
  deprecations?: readonly Deprecation[];
}

/** Reads, merges and resolves configuration files. Throws ConfigError naming the file and the cause. */
export function loadConfig(
  files: string | readonly string[],
  home: Home,
  options: LoadOptions = {},
): LoadedConfig {
  const managed = options.managed === undefined ? undefined : readManagedLayer(options.managed);
  const layers = [files].flat().map((file) => readLayer(file));
  return combine(managed === undefined ? layers : [...layers, managed], home, options);
}

export function parseConfigText(text: string, file: string, home: Home): LoadedConfig {
  return combine([layerOf(text, file)], home);
}

/** Makes one configuration of layers, the strongest last. */
export function combine(layers: readonly Layer[], home: Home, options: LoadOptions = {}): LoadedConfig {
  const notices: Notice[] = [];
  const problems: ConfigProblem[] = [];
  const references = new References(home);
  const { tree, problems: conflicts } = mergeLayers(layers, {
    prepare: (each) => applyDeprecations(each, options.deprecations ?? DEPRECATIONS, { notices, problems }),
    resolve: (leaf) => references.resolve(leaf, [], []),
  });
  problems.push(...conflicts, ...notManaged(tree));
  const value = valuesOf(tree, (leaf, path) => references.resolve(leaf, path, problems));
  const root = parseInto(problems, RootConfig, value, []);
  const service = parseInto(problems, ServiceConfig, root?.service ?? serviceOf(value), ["service"]);
  const file = layers.map((layer) => layer.file).join(", ");
  // A managed configuration that is not there may come.
  const toCome = options.managed === undefined ? [] : [options.managed];
  const describe = (problem: ConfigProblem) => describeIn(tree, problem, layers.length > 1);
  if (root === undefined || service === undefined) throw new ConfigError(problems.map(describe), file);
  return {
    ...root,
    service,
    file,
    problems,
    notices,
    tree,
    files: [...new Set([...layers.map((layer) => layer.file), ...toCome, ...references.files])],
    describe,
    baseDirOf: (path) => nodeAt(tree, path).node.origin.layer.baseDir,
  };
}

/** What nobody may accept or decide for others but their organisation. */
const MANAGED_ONLY: readonly ConfigPath[] = [
  ["service", "accept"],
  ["service", "groups"],
];

function notManaged(tree: Group): ConfigProblem[] {
  return MANAGED_ONLY.filter((path) => {
    const node = find(tree, path);
    const isSet =
      node?.kind === "leaf" && !["off", "[]"].includes(JSON.stringify(node.value).replaceAll('"', ""));
    return isSet && node.origin.layer.kind !== "managed";
  }).map((path) => ({
    path: [...path],
    message: "is for the managed configuration alone; use `talos consent`",
  }));
}

/** Resolves each value's references, relative to the file that holds it. */
class References {
  /** Files that were read. */
  readonly files = new Set<string>();
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  resolve(leaf: Leaf, path: ConfigPath, problems: ConfigProblem[]): unknown {
    const { baseDir } = leaf.origin.layer;
    const sources: ReferenceSources = {
      env: this.#home.env,
      readFile: (name) => {
        const file = expandPath(name, this.#home, baseDir);
        this.files.add(file);
        return readFileSync(file, "utf8");
      },
    };
    return resolveReferences(leaf.value, sources, problems, path);
  }
}

function describeIn(tree: Group, { path, message, origin }: ConfigProblem, several: boolean): string {
  const at = origin ?? { layer: nodeAt(tree, path).node.origin.layer, path };
  if (path.length === 0) return `the file as a whole${several ? ` (${at.layer.file})` : ""}: ${message}`;
  const line = at.layer.document.lineOf(at.path);
  const place = several ? placeOf(at) : line === undefined ? "" : `line ${line}`;
  return `${path.join(".")}${place === "" ? "" : ` (${place})`}: ${message}`;
}

function serviceOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "service" in value ? value.service : undefined;
}
