import * as z from "zod";
import { table } from "./table.ts";

/** The few words of JSON Schema that settings use. */
interface Property {
  default?: unknown;
  description?: string;
  enum?: unknown[];
  properties?: Record<string, Property>;
  required?: string[];
  additionalProperties?: Property | boolean;
}

const PropertySchema: z.ZodType<Property> = z.lazy(() =>
  z.object({
    default: z.unknown().optional(),
    description: z.string().exactOptional(),
    enum: z.array(z.unknown()).exactOptional(),
    properties: z.record(z.string(), PropertySchema).exactOptional(),
    required: z.array(z.string()).exactOptional(),
    additionalProperties: z.union([z.boolean(), PropertySchema]).exactOptional(),
  }),
);

/** Renders a schema's settings as the table kept in each component's README. */
export function settingsTable(schema: z.ZodType): string {
  const root = PropertySchema.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  const rows = rowsOf(root, "");
  if (rows.length === 0) return "No settings.";
  return table(["Setting", "Default", "Meaning"], rows);
}

/** One row per leaf; a group's leaves are named with its path, as an error message names them. */
function rowsOf(group: Property, path: string): string[][] {
  const named = Object.entries(group.properties ?? {}).flatMap(([name, property]) => {
    const nested = rowsOf(property, `${path}${name}.`);
    return nested.length > 0
      ? nested
      : [leaf(property, path + name, group.required?.includes(name) ?? false)];
  });
  const { additionalProperties: each } = group;
  return typeof each === "object" ? [...named, ...rowsOf(each, `${path}<id>.`)] : named;
}

function leaf(property: Property, path: string, required: boolean): string[] {
  const values = property.enum ?? [];
  const choices = values.length > 1 ? `One of ${values.map(code).join(", ")}.` : "";
  return [
    `\`${path}\``,
    defaultOf(property, required),
    [property.description, choices].filter(Boolean).join(" "),
  ];
}

function defaultOf(property: Property, required: boolean): string {
  if (property.default !== undefined) return code(property.default);
  return required ? "required" : "none";
}

/** Strings as YAML has them, without quotes. */
function code(value: unknown): string {
  return `\`${typeof value === "string" && value !== "" ? value : JSON.stringify(value)}\``;
}
