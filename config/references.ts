import type { ConfigPath, ConfigProblem } from "./errors.ts";

/** Where `${env:…}` and `${file:…}` are looked up. */
export interface ReferenceSources {
  env: Readonly<Record<string, string | undefined>>;
  /** Returns the file's text, or throws. Relative paths are relative to the configuration file. */
  readFile(path: string): string;
}

const REFERENCE = /\$\$\{|\$\{([a-z]+):([^}]*)\}/g;

/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` inside every text value. What comes in stays
 * text: it is never parsed as YAML, so a secret cannot become a number or a structure. `$${` is a plain `${`.
 */
export function resolveReferences(
  value: unknown,
  sources: ReferenceSources,
  problems: ConfigProblem[],
  at: ConfigPath = [],
): unknown {
  if (typeof value === "string")
    return resolveText(value, sources, (message) => problems.push({ path: at, message }));
  if (Array.isArray(value)) {
    return value.map((item, i) => resolveReferences(item, sources, problems, [...at, i]));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      resolveReferences(item, sources, problems, [...at, key]),
    ]),
  );
}

function resolveText(text: string, sources: ReferenceSources, problem: (message: string) => void): string {
  return text.replaceAll(REFERENCE, (whole, scheme: string | undefined, name: string | undefined) => {
    if (scheme === undefined || name === undefined) return "${";
    if (scheme === "env") return fromEnvironment(name, sources, problem);
    if (scheme === "file") return fromFile(name, sources, problem);
    problem(`"\${${scheme}:…}" is not known; use \${env:NAME} or \${file:PATH}`);
    return whole;
  });
}

function fromEnvironment(
  reference: string,
  { env }: ReferenceSources,
  problem: (message: string) => void,
): string {
  const [, name = reference, fallback] = /^(.*?)(?::-(.*))?$/s.exec(reference) ?? [];
  const value = env[name] ?? fallback;
  if (value === undefined) problem(`the environment variable ${name} is not set`);
  return value ?? "";
}

function fromFile(path: string, sources: ReferenceSources, problem: (message: string) => void): string {
  try {
    return sources.readFile(path).replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    problem(`cannot read the file ${path} (${code})`);
    return "";
  }
}
