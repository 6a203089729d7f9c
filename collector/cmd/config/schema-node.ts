import * as z from "zod";
import type { Factory } from "#component/component.ts";
import { ServiceConfig } from "#config/service.ts";

/** The words of JSON Schema that settings use. Others are carried along. */
export interface SchemaNode {
  [word: string]: unknown;
  type?: unknown;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  /** A secret: it is never shown. */
  writeOnly?: boolean;
  properties?: Record<string, SchemaNode>;
  patternProperties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  propertyNames?: SchemaNode;
  required?: string[];
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  allOf?: SchemaNode[];
}

const Node: z.ZodType<SchemaNode> = z.lazy(() =>
  z.looseObject({
    title: z.string().exactOptional(),
    description: z.string().exactOptional(),
    enum: z.array(z.unknown()).exactOptional(),
    writeOnly: z.boolean().exactOptional(),
    properties: z.record(z.string(), Node).exactOptional(),
    patternProperties: z.record(z.string(), Node).exactOptional(),
    additionalProperties: z.union([z.boolean(), Node]).exactOptional(),
    propertyNames: Node.exactOptional(),
    required: z.array(z.string()).exactOptional(),
    items: Node.exactOptional(),
    anyOf: z.array(Node).exactOptional(),
    oneOf: z.array(Node).exactOptional(),
    allOf: z.array(Node).exactOptional(),
  }),
);

/** A schema of settings, as users write them. */
export function nodeOf(schema: z.ZodType): SchemaNode {
  const { $schema: _, ...node } = Node.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return node;
}

/** The whole configuration: the service's settings, and those of every component under its type. */
export function rootNode(factories: readonly Factory[]): SchemaNode {
  const section = (kind: Factory["kind"], description: string): SchemaNode => ({
    description,
    type: "object",
    patternProperties: Object.fromEntries(
      factories
        .filter((factory) => factory.kind === kind)
        .map(({ type, summary, config }) => [
          idPattern(type),
          { ...nodeOf(config), title: type, description: summary },
        ]),
    ),
    additionalProperties: false,
  });
  return {
    type: "object",
    properties: {
      receivers: section("receiver", "What is followed."),
      processors: section("processor", "What is done to records before they may leave."),
      exporters: section("exporter", "Where records go."),
      service: { description: "How the collector runs, and the pipelines.", ...nodeOf(ServiceConfig) },
    },
    required: ["service"],
    additionalProperties: false,
  };
}

/** Matches `type` and `type/name`. */
function idPattern(type: string): string {
  return `^${type}(/[\\w.-]{1,100})?$`;
}

/** What may stand below a group under this name. */
export function childOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (node === undefined) return undefined;
  if (node.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[key];
  const pattern = Object.entries(node.patternProperties ?? {}).find(([text]) => new RegExp(text).test(key));
  if (pattern !== undefined) return pattern[1];
  if (typeof node.additionalProperties === "object") return node.additionalProperties;
  const found = branchesOf(node).map((branch) => childOf(branch, key));
  return found.find((child) => child !== undefined);
}

export function isGroup(node: SchemaNode | undefined): boolean {
  return (
    node?.properties !== undefined ||
    node?.patternProperties !== undefined ||
    typeof node?.additionalProperties === "object"
  );
}

function branchesOf({ anyOf = [], oneOf = [], allOf = [] }: SchemaNode): SchemaNode[] {
  return [...anyOf, ...oneOf, ...allOf];
}
