import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

interface Layer {
  /** A folder, or a file where one file has rules of its own. The first match counts; `*` is one name. */
  folder: string;
  /** What it may import besides its own files: folders, packages, `node:`-like schemes. */
  mayImport: string[];
  /** What it may import for types alone. */
  mayName?: string[];
}

const ours = ["proto", "config", "collector/component"];
const everyComponent = ["receivers", "processors", "exporters"];
const program = [...ours, "collector", ...everyComponent, "zod", "commander", "node:"];
const domain = ["backend/domain", "proto", "zod", "csv-stringify"];
const worker = [...domain, "backend/store", "backend/env.ts", "cloudflare:"];

/** What each folder may import. This table is the architecture. */
const LAYERS: Layer[] = [
  { folder: "proto", mayImport: ["protobufjs/minimal.js"] },
  { folder: "config", mayImport: ["proto", "zod", "yaml", "node:"] },

  { folder: "collector/component", mayImport: ["proto", "config", "zod"] },
  { folder: "collector/tail", mayImport: [...ours, "node:"] },
  { folder: "collector/state", mayImport: [...ours, "zod", "node:", "@napi-rs/keyring"] },
  { folder: "collector/helper", mayImport: [...ours, "collector/state", "node:"] },
  { folder: "collector/transport", mayImport: [...ours, "zod", "node:"] },
  { folder: "collector/ledger", mayImport: [...ours, "collector/state", "zod", "node:"] },
  {
    folder: "collector/enrolment",
    mayImport: [...ours, "collector/helper", "collector/state", "collector/transport", "zod", "node:"],
  },
  {
    folder: "collector/consent",
    mayImport: [...ours, "collector/enrolment", "collector/service", "collector/state", "zod", "node:"],
  },
  {
    folder: "collector/service",
    mayImport: [
      ...ours,
      "collector/enrolment",
      "collector/helper",
      "collector/ledger",
      "collector/state",
      "zod",
      "node:",
    ],
  },
  {
    folder: "collector/proof",
    // The hook recorder is run as Cursor runs it: it is no component that the service could be given.
    mayImport: [
      ...ours,
      "collector/consent",
      "collector/service",
      "receivers/cursor/hooks/command.ts",
      "node:",
    ],
  },
  {
    folder: "collector/telemetry",
    mayImport: [...ours, "collector/service/text-lanes.ts", "collector/state", "node:", "@opentelemetry"],
  },
  { folder: "collector/cmd/price.ts", mayImport: [...program, "backend/domain"] },
  { folder: "collector/cmd/docs", mayImport: [...program, "backend/domain"] },
  { folder: "collector/cmd", mayImport: program },
  { folder: "collector/bench", mayImport: [...program, "e2e", "@opentelemetry", "@secretlint"] },
  { folder: "collector/testkit", mayImport: [...ours, "collector/state", "vitest", "zod", "node:"] },

  { folder: "receivers/*", mayImport: [...ours, "collector/tail", "zod", "node:"] },
  { folder: "processors/cwd_hash", mayImport: [...ours, "zod", "node:crypto"] },
  {
    folder: "processors/categorize",
    mayImport: [...ours, "collector/transport", "collector/helper/backoff.ts", "zod", "node:", "ollama"],
  },
  {
    folder: "processors/redaction",
    mayImport: [...ours, "zod", "@secretlint/secretlint-rule-preset-recommend"],
  },
  { folder: "processors/*", mayImport: [...ours, "zod"] },
  { folder: "exporters/*", mayImport: [...ours, "collector/transport", "zod", "node:"] },

  { folder: "backend/domain", mayImport: domain },
  {
    folder: "backend/env.ts",
    mayImport: ["backend/categorize/cost.ts", "zod"],
    mayName: ["backend/objects"],
  },
  { folder: "backend/categorize", mayImport: [...domain, "@anthropic-ai/sdk"] },
  { folder: "backend/store", mayImport: worker },
  { folder: "backend/objects", mayImport: worker },
  { folder: "backend/auth", mayImport: [...worker, "@clerk/backend"] },
  { folder: "backend/mail", mayImport: ["backend/domain", "backend/env.ts"] },
  {
    folder: "backend/http",
    mayImport: [
      ...worker,
      "backend/auth",
      "backend/categorize",
      "backend/mail",
      "backend/objects",
      "csv-stringify",
      "hono",
    ],
  },
  { folder: "backend/queue", mayImport: [...worker, "backend/objects"] },
  {
    folder: "backend/dashboard",
    mayImport: [
      "preact",
      "proto/categories.ts",
      "proto/egress.ts",
      "backend/domain/role.ts",
      "backend/domain/api",
      "zod",
    ],
    mayName: ["backend/domain/report.ts", "backend/domain/category-report.ts", "proto/agent-api.ts"],
  },
  { folder: "backend", mayImport: ["backend", "proto", "hono", "zod", "cloudflare:"] },
];

/** SQL is written in one folder, so that the store can be exchanged. */
const SQL =
  /\.prepare\(|\bsql\.exec\(|\b(?:SELECT\s[\s\S]*?\sFROM|INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET)\s/;

const root = path.resolve(import.meta.dirname, "../..");
const aliases = Object.entries(
  (JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { imports: Record<string, string> }).imports,
);

const sources = globSync("{proto,config,collector,receivers,processors,exporters,backend}/**/*.{ts,tsx}", {
  cwd: root,
})
  .map((file) => file.replaceAll("\\", "/"))
  .filter(
    (file) =>
      !/\.test\.tsx?$|\/test(?:ing|kit)\.ts$|\.d\.ts$|\/vite(?:st)?\.config\.ts$|\/dist\/|^backend\/(?:test|dashboard\/testkit)\/|\/testdata\//.test(
        file,
      ),
  );

it.each(sources)("%s imports only its allowed layers", (file) => {
  expect(refusedImports(file, readFileSync(`${root}/${file}`, "utf8"))).toEqual([]);
});

it.each(sources.filter((file) => file.startsWith("backend/") && !file.startsWith("backend/store/")))(
  "%s holds no SQL",
  (file) => {
    expect(SQL.exec(readFileSync(`${root}/${file}`, "utf8"))?.[0]).toBeUndefined();
  },
);

it.each([
  ["processors/redaction/processor.ts", 'import { readFileSync } from "node:fs";'],
  ["processors/redaction/processor.ts", 'import type { hash } from "../cwd_hash/hash.ts";'],
  ["receivers/claude_code/receiver.ts", 'export * from "../../exporters/file/factory.ts";'],
  ["exporters/file/exporter.ts", 'const later = import("#state/store.ts");'],
  ["collector/service/graph.ts", 'import "../cmd/main.ts";'],
  ["proto/codec.ts", 'import protobuf from "protobufjs";'],
  ["backend/http/logs.ts", 'import { z } from "../../collector/component/record.ts";'],
  ["backend/dashboard/api.ts", 'import { reportOf } from "../domain/report.ts";'],
  ["backend/domain/price.ts", 'import { prices } from "../store/prices.ts";'],
])("in %s, %s is refused", (file, line) => {
  expect(refusedImports(file, line)).toHaveLength(1);
});

it("lets the dashboard name the report's types", () => {
  const line = 'import type { Report } from "../domain/report.ts";';
  expect(refusedImports("backend/dashboard/api.ts", line)).toEqual([]);
});

function refusedImports(file: string, source: string): string[] {
  const { folder, mayImport, mayName = [] } = layerOf(file);
  return importsOf(source)
    .map(({ specifier, typeOnly }) => ({ target: resolve(file, specifier), typeOnly }))
    .filter(
      ({ target, typeOnly }) => ![folder, ...mayImport, ...(typeOnly ? mayName : [])].some(covers(target)),
    )
    .map(({ target }) => target);
}

function importsOf(source: string): { specifier: string; typeOnly: boolean }[] {
  const statement = /(?:\b(import|export)\s+(type\s)?[^;"'`]*?from\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;
  return [...source.matchAll(statement)].map((match) => ({
    specifier: match[3] ?? "",
    typeOnly: match[2] !== undefined,
  }));
}

/** `node:` allows every module of the scheme, `zod` the package and its subpaths, `proto` the folder. */
function covers(target: string): (allowed: string) => boolean {
  return (allowed) =>
    target === allowed || target.startsWith(allowed.endsWith(":") ? allowed : `${allowed}/`);
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return path.posix.join(path.posix.dirname(file), specifier);
  for (const [alias, target] of aliases) {
    const prefix = alias.replace("*", "");
    if (specifier.startsWith(prefix)) return target.slice(2).replace("*", specifier.slice(prefix.length));
  }
  return specifier;
}

function layerOf(file: string): Layer {
  const parts = file.split("/");
  for (const layer of LAYERS) {
    const folder = parts.slice(0, layer.folder.split("/").length).join("/");
    if (path.posix.matchesGlob(folder, layer.folder)) return { ...layer, folder };
  }
  throw new Error(`${file} is in no layer; add its folder to LAYERS`);
}
