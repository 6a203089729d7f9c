import { readFileSync } from "node:fs";
import path from "node:path";
import { type ConfigDocument, readDocument } from "./document.ts";
import { ConfigError, type ConfigProblem, parseInto } from "./errors.ts";
import { expandPath, type Home } from "./paths.ts";
import { resolveReferences } from "./references.ts";
import { RootConfig, ServiceConfig } from "./service.ts";

/** A file whose shape is right. The components' settings are still as the user wrote them. */
export interface LoadedConfig {
  file: string;
  /** Folder that relative paths are relative to. */
  baseDir: string;
  receivers: Record<string, unknown>;
  processors: Record<string, unknown>;
  exporters: Record<string, unknown>;
  service: ServiceConfig;
  /** Problems that do not stop the reading: reported together with those of the components. */
  problems: ConfigProblem[];
  describe: ConfigDocument["describe"];
}

/** Reads and resolves a configuration file. Throws ConfigError naming the file and the cause. */
export function loadConfig(file: string, home: Home): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new ConfigError([`cannot read the file (${code}); give one with --config FILE`], file);
  }
  return parseConfigText(text, file, home);
}

export function parseConfigText(text: string, file: string, home: Home): LoadedConfig {
  const document = readDocument(text, file);
  const baseDir = path.dirname(path.resolve(file));
  const problems: ConfigProblem[] = [];
  const readFile = (name: string) => readFileSync(expandPath(name, home, baseDir), "utf8");
  const value = resolveReferences(document.value, { env: home.env, readFile }, problems);
  const root = parseInto(problems, RootConfig, value, []);
  const service = parseInto(problems, ServiceConfig, root?.service ?? serviceOf(value), ["service"]);
  if (root === undefined || service === undefined) {
    throw new ConfigError(
      problems.map((problem) => document.describe(problem)),
      file,
    );
  }
  return { ...root, service, file, baseDir, problems, describe: (problem) => document.describe(problem) };
}

function serviceOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "service" in value ? value.service : undefined;
}
