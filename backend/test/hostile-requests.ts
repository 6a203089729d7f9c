import * as z from "zod";
import type { RouteSpec } from "../domain/api/spec.ts";

/** The same thing twice: once as somebody else has it, and once as nobody does. */
export interface Probe {
  known: string;
  unknown: string;
}

/** What is sent; `side` of a probe stands in one of its places. */
export interface Sent {
  path: string;
  body?: unknown;
}

export interface Pair {
  known: Sent;
  unknown: Sent;
  probe: Probe;
  /** Where the probe stands in the path: whether the route takes such an id at all. */
  fitsPath: boolean | undefined;
}

type Node = Record<string, unknown>;
const NOTHING: Probe = { known: "", unknown: "" };

const day = () => new Date().toISOString().slice(0, 10);
/** Their schemas do not say that they hold a date. */
const DAYS = new Set(["from", "to"]);
const TEXTS = [
  "x",
  "eve@example.com",
  "0.1.0",
  "a".repeat(64),
  "A".repeat(43),
  `${"A".repeat(85)}A`,
  `tep_${"A".repeat(43)}`,
];

function schemaOf(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

const nodes = (value: unknown) => (Array.isArray(value) ? (value as Node[]) : []);

/** A value that the schema takes, by its own words. `text` where any text will do. */
function sample(node: Node, text: string): unknown {
  if ("const" in node) return node["const"];
  if (Array.isArray(node["enum"])) return node["enum"][0];
  const [first] = [...nodes(node["oneOf"]), ...nodes(node["anyOf"])];
  if (first !== undefined) return sample(first, text);
  if (node["type"] === "object") {
    const required = (node["required"] ?? []) as string[];
    const properties = Object.entries((node["properties"] ?? {}) as Record<string, Node>);
    const wanted = properties.filter(([name]) => required.includes(name));
    return Object.fromEntries(wanted.map(([name, of]) => [name, DAYS.has(name) ? day() : sample(of, text)]));
  }
  if (node["type"] === "array") return [sample((node["items"] ?? {}) as Node, text)];
  if (node["type"] === "boolean") return false;
  if (node["type"] === "integer" || node["type"] === "number") return Number(node["minimum"] ?? 1);
  return textFor(node, text);
}

function textFor(node: Node, text: string): string {
  if (node["format"] === "date") return day();
  const pattern = new RegExp(String(node["pattern"] ?? ""), "u");
  const isShort = Number(node["minLength"] ?? 0) <= text.length;
  if (isShort && pattern.test(text)) return text;
  return TEXTS.find((each) => pattern.test(each)) ?? "x";
}

/** Bodies that the route takes: one for each kind, and each once with as little text as may be. */
function bodiesOf(spec: RouteSpec): (Node | undefined)[] {
  if (spec.body === undefined) return [undefined];
  const root = schemaOf(spec.body);
  const kinds = [...nodes(root["oneOf"]), ...nodes(root["anyOf"])];
  return (kinds.length > 0 ? kinds : [root]).flatMap((kind) => [
    // In this order: an empty name undoes another one.
    sample(kind, "") as Node,
    sample(kind, "x") as Node,
  ]);
}

/** Names of fields that hold text, beside one that the route does not name. */
function fieldsOf(schema: z.ZodType | undefined): string[] {
  if (schema === undefined) return ["team"];
  const root = schemaOf(schema);
  const kinds = [root, ...nodes(root["oneOf"]), ...nodes(root["anyOf"])];
  const properties = kinds.flatMap((kind) =>
    Object.entries((kind["properties"] ?? {}) as Record<string, Node>),
  );
  const texts = properties.filter(([, of]) => of["type"] === "string" && !("enum" in of) && !("const" in of));
  return [...new Set([...texts.map(([name]) => name), "team"])];
}

const NAMES = /:(\w+)/g;

/**
 * Every place of the route that an id can be put into, with each of the ids that the route takes there, and one that it
 * does not take.
 */
export function pairsOf(route: string, spec: RouteSpec, probes: readonly Probe[]): Pair[] {
  const bare = route.replace(NAMES, (_, name: string) => idFor(spec, name, probes));
  const query = spec.query === undefined ? {} : (sample(schemaOf(spec.query), "x") as Record<string, string>);
  const [body] = bodiesOf(spec);
  const inQuery = fieldsOf(spec.query).flatMap((field) => {
    const takes = ({ known }: Probe) => spec.query?.safeParse({ ...query, [field]: known }).success ?? false;
    return chosen(probes, takes).map((probe) =>
      pair(probe, (value) => sent(bare, { ...query, [field]: value }, body)),
    );
  });
  return [...inPath(route, spec, { probes, query }), ...inQuery, ...inBody(bare, spec, { probes, query })];
}

interface With {
  probes: readonly Probe[];
  query: Record<string, string>;
}

/** Those that are taken, and one that is not. */
function chosen(probes: readonly Probe[], takes: (probe: Probe) => boolean): Probe[] {
  const refused = probes.find((probe) => !takes(probe));
  return [...probes.filter(takes), ...(refused === undefined ? [] : [refused])];
}

function inPath(route: string, spec: RouteSpec, { probes, query }: With): Pair[] {
  const bodies = bodiesOf(spec);
  const [, name] = /:(\w+)/.exec(route) ?? [];
  if (name === undefined) return bodies.map((body) => pair(NOTHING, () => sent(route, query, body)));
  const takes = ({ known }: Probe) => spec.params?.safeParse({ [name]: known }).success ?? false;
  return chosen(probes, takes).flatMap((probe) =>
    bodies.map((body) => ({
      ...pair(probe, (value) => sent(route.replace(NAMES, encodeURIComponent(value)), query, body)),
      fitsPath: takes(probe),
    })),
  );
}

function inBody(bare: string, spec: RouteSpec, { probes, query }: With): Pair[] {
  const { body: schema } = spec;
  if (schema === undefined) return [];
  return bodiesOf(spec).flatMap((body) =>
    fieldsOf(schema).flatMap((field) => {
      const takes = ({ known }: Probe) => schema.safeParse({ ...body, [field]: known }).success;
      return chosen(probes, takes).map((probe) =>
        pair(probe, (value) => sent(bare, query, { ...body, [field]: value })),
      );
    }),
  );
}

function pair(probe: Probe, put: (value: string) => Sent): Pair {
  return { known: put(probe.known), unknown: put(probe.unknown), probe, fitsPath: undefined };
}

/** An id that the route takes and nobody has. */
function idFor(spec: RouteSpec, name: string, probes: readonly Probe[]): string {
  const fits = ({ unknown }: Probe) => spec.params?.safeParse({ [name]: unknown }).success ?? false;
  return probes.find(fits)?.unknown ?? "x";
}

function sent(path: string, query: Record<string, string>, body: unknown): Sent {
  const search = new URLSearchParams(query).toString();
  const full = search === "" ? path : `${path}?${search}`;
  return body === undefined ? { path: full } : { path: full, body };
}
