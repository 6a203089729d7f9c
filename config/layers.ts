import { readFileSync } from "node:fs";
import path from "node:path";
import { type ConfigDocument, readDocument } from "./document.ts";
import { ConfigError } from "./errors.ts";
import type { Home } from "./paths.ts";

/** One file of a configuration. Later ones win; the managed one is last, and its values are locked. */
export interface Layer {
  kind: "file" | "managed";
  /** As it was given. */
  file: string;
  /** Folder that relative paths in it are relative to. */
  baseDir: string;
  document: ConfigDocument;
}

/**
 * Where an organisation's device management puts the settings that users cannot override. Nothing that a user sets
 * leads elsewhere, no variable of the environment either.
 */
export function managedConfigFile(os: Home["os"]): string {
  if (os === "darwin") return "/Library/Application Support/talos-auditor/config.yaml";
  if (os === "win32") return String.raw`C:\Program Files\talos-auditor\config.yaml`;
  return "/etc/talos-auditor/config.yaml";
}

export function layerOf(text: string, file: string, kind: Layer["kind"] = "file"): Layer {
  return { kind, file, baseDir: path.dirname(path.resolve(file)), document: readDocument(text, file) };
}

export function readLayer(file: string): Layer {
  try {
    return layerOf(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`cannot read the file (${codeOf(error)}); give one with --config FILE`], file);
  }
}

/** Undefined where there is none. One that is there and cannot be read is an error: its locks would be lost. */
export function readManagedLayer(file: string): Layer | undefined {
  try {
    return layerOf(readFileSync(file, "utf8"), file, "managed");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigError(
      [`cannot read the managed configuration (${code}); its owner must let you read it`],
      file,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
