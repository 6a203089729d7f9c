import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const NAMES = ["PEPPER", "KMS_KEY", "SETUP_SECRET"] as const;
export type WorkerSecrets = Record<(typeof NAMES)[number], string>;

/** The local Workers' secrets: made at the first start, kept in one file that only this user can read. */
export function readOrCreateSecrets(file: string): WorkerSecrets {
  const known = parse(readIfThere(file));
  const value = (name: (typeof NAMES)[number]) => known.get(name) ?? randomBytes(32).toString("base64");
  const secrets = { PEPPER: value("PEPPER"), KMS_KEY: value("KMS_KEY"), SETUP_SECRET: value("SETUP_SECRET") };
  const lines = [
    ...NAMES.map((name) => `${name}=${secrets[name]}`),
    "INBOX=on",
    "ENVIRONMENT=development",
    "",
  ];
  writeFileSync(file, lines.join("\n"), { mode: 0o600 });
  return secrets;
}

function parse(text: string): Map<string, string> {
  const entries = text.split("\n").map((line) => /^([A-Z_]+)=(.*)$/.exec(line));
  return new Map(entries.flatMap((match) => (match ? [[match[1] ?? "", match[2] ?? ""] as const] : [])));
}

export function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
