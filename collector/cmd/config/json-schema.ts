import type { Factory } from "#component/component.ts";
import { rootNode, type SchemaNode } from "./schema-node.ts";

const REFERENCE = { $ref: "#/$defs/reference" };

/** The JSON Schema (draft 2020-12) of a configuration file, for editors. */
export function configSchema(factories: readonly Factory[]): SchemaNode {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Talos Auditor configuration",
    ...forEditors(rootNode(factories)),
    $defs: {
      reference: {
        description: "A value from elsewhere: `${env:NAME}`, `${env:NAME:-default}` or `${file:PATH}`.",
        type: "string",
        pattern: String.raw`\$\{(env|file):[^}]*\}`,
      },
    },
  };
}

/**
 * References are allowed where only some texts are, a component may be named without settings, and nothing is
 * required: another file may say it.
 */
function forEditors(node: SchemaNode): SchemaNode {
  const { properties, patternProperties, additionalProperties, items, required: _, ...words } = node;
  const deeper: SchemaNode = { ...withoutNoise(words) };
  if (properties !== undefined) deeper.properties = each(properties, forEditors);
  if (patternProperties !== undefined) {
    deeper.patternProperties = each(patternProperties, (child) => orNothing(forEditors(child)));
  }
  if (additionalProperties !== undefined) {
    deeper.additionalProperties =
      typeof additionalProperties === "object" ? forEditors(additionalProperties) : additionalProperties;
  }
  if (items !== undefined) deeper.items = forEditors(items);
  for (const word of ["anyOf", "oneOf", "allOf"] as const) {
    const branches = node[word];
    if (branches !== undefined) deeper[word] = branches.map(forEditors);
  }
  return orReference(deeper);
}

const LIMITS = ["enum", "const", "pattern", "minLength", "maxLength", "format"];

function orReference(node: SchemaNode): SchemaNode {
  if (node.type !== "string" || !LIMITS.some((word) => Object.hasOwn(node, word))) return node;
  const { title, description, default: value, writeOnly, ...limits } = node;
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(value === undefined ? {} : { default: value }),
    ...(writeOnly === undefined ? {} : { writeOnly }),
    anyOf: [limits, REFERENCE],
  };
}

function orNothing(node: SchemaNode): SchemaNode {
  return { ...node, type: ["object", "null"] };
}

/** JavaScript's own limit of whole numbers says nothing about a setting. */
function withoutNoise({ maximum, minimum, propertyNames, ...node }: SchemaNode): SchemaNode {
  const limit = (value: unknown) => typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return {
    ...node,
    ...(limit(minimum) ? { minimum } : {}),
    ...(limit(maximum) ? { maximum } : {}),
    ...(propertyNames?.["pattern"] === undefined ? {} : { propertyNames }),
  };
}

function each(nodes: Record<string, SchemaNode>, change: (node: SchemaNode) => SchemaNode) {
  return Object.fromEntries(Object.entries(nodes).map(([key, node]) => [key, change(node)]));
}

/** As in .oxfmtrc.json. */
const LINE = 110;

/** JSON as the formatter leaves it: lists that fit are on one line. `before` and `after` are what else is on it. */
export function jsonText(value: unknown, indent = "", before = indent.length, after = 0): string {
  const deeper = `${indent}  `;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => jsonText(item)).join(", ")}]`;
    const fits = before + flat.length + after <= LINE;
    if (value.every((item) => typeof item !== "object") && fits) return flat;
    return `[\n${value.map((item) => deeper + jsonText(item, deeper)).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item], index) => {
    const start = `${deeper}${JSON.stringify(key)}: `;
    return start + jsonText(item, deeper, start.length, index < entries.length - 1 ? 1 : 0);
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
