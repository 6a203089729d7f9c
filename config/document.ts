import { isNode, LineCounter, parseDocument } from "yaml";
import { ConfigError, type ConfigPath } from "./errors.ts";

/** A configuration file's values and where each stands. */
export interface ConfigDocument {
  value: unknown;
  /** The line of a value, or of the nearest group around it. */
  lineOf(path: ConfigPath): number | undefined;
}

/** Reads YAML 1.2. Throws ConfigError with line and column for text that is not YAML, duplicate keys included. */
export function readDocument(text: string, file: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return `line ${line}, column ${col}: ${yamlProblem(error.code)}`;
    });
    throw new ConfigError(problems, file);
  }
  const lineOf = (path: ConfigPath) => {
    for (let depth = path.length; depth > 0; depth--) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return {
    value: valueOf(document, file),
    lineOf,
  };
}

/** Throws where aliases lead nowhere, to themselves, or to more than a configuration can mean. */
function valueOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(value);
    return value;
  } catch {
    throw new ConfigError(["an alias (*name) cannot be resolved; write its value out instead"], file);
  }
}

/** The parser's own texts quote the file, which may hold secrets, so only its codes are shown. */
function yamlProblem(code: string): string {
  if (code === "DUPLICATE_KEY") return "the same key stands twice";
  if (code === "TAB_AS_INDENT") return "a tab is used to indent; use spaces";
  if (code === "BAD_INDENT") return "the indentation does not fit";
  if (code === "MISSING_CHAR") return "a closing character is missing";
  if (code === "MULTIPLE_DOCS") return "a second document begins here; a configuration is one document";
  return `not valid YAML (${code.toLowerCase().replaceAll("_", " ")})`;
}
