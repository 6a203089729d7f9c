import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type * as z from "zod";
import type { Factory } from "#component/component.ts";
import { ServiceConfig } from "#config/service.ts";
import { components } from "./components.ts";
import { configSchema, jsonText } from "./config/json-schema.ts";
import { categoriesPage } from "./docs/categories.ts";
import { openApiPage, rolesTable } from "./docs/api.ts";
import { egressPage } from "./docs/egress.ts";
import { settingsTable } from "./docs/settings.ts";
import { replaceBlock } from "./docs/table.ts";
import { trustPage } from "./docs/trust.ts";

/** The project. */
const root = path.resolve(import.meta.dirname, "../..");

/** Every page that is derived from code, by its path from the root of the project, and how it is written. */
export const pages: ReadonlyMap<string, () => string> = new Map([
  ["docs/egress-contract.md", egressPage],
  ["docs/trust.md", trustPage],
  ["docs/categories.md", () => categoriesPage(currentPage("docs/categories.md"))],
  ["docs/config.schema.json", () => `${jsonText(configSchema(components))}\n`],
  ["docs/openapi.json", openApiPage],
  ["docs/api.md", () => replaceBlock(currentPage("docs/api.md"), "roles", rolesTable())],
  withSettings("docs/configuration.md", ServiceConfig),
  ...components.map((factory) => withSettings(readmeOf(factory), factory.config)),
]);

/** The page as it is; empty when there is none. */
export function currentPage(page: string): string {
  const file = path.join(root, page);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function withSettings(page: string, schema: z.ZodType): [string, () => string] {
  return [page, () => replaceBlock(currentPage(page), "settings", settingsTable(schema))];
}

function readmeOf({ kind, type }: Factory): string {
  return `${kind}s/${type}/README.md`;
}

if (import.meta.main) {
  for (const [page, write] of pages) {
    const text = write();
    if (text === currentPage(page)) continue;
    writeFileSync(path.join(root, page), text);
    console.log(`wrote ${page}`);
  }
}
