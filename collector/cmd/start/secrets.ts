import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

const NAMES = ["PEPPER", "KMS_KEY", "SETUP_SECRET"] as const;
export type WorkerSecrets = Record<(typeof NAMES)[number], string>;
/** Secrets that are being replaced: see docs/keys.md. */
const PREVIOUS = ["PEPPER_PREVIOUS", "KMS_KEY_PREVIOUS"] as const;

const FIXED = ["INBOX=on", "ENVIRONMENT=development"];

/** The local Workers' secrets: made at the first start, kept in one file that only this user can read. */
export function readOrCreateSecrets(file: string): WorkerSecrets {
  const known = parse(readIfThere(file));
  const value = (name: (typeof NAMES)[number]) => known.get(name) ?? random();
  const secrets = { PEPPER: value("PEPPER"), KMS_KEY: value("KMS_KEY"), SETUP_SECRET: value("SETUP_SECRET") };
  write(file, secrets, known);
  return secrets;
}

/** New ones in place of those in the file, which stay beside them. False when a rotation is under way already. */
export function renewSecrets(file: string): boolean {
  const known = parse(readIfThere(file));
  if (PREVIOUS.some((name) => known.has(name))) return false;
  const { PEPPER, KMS_KEY, SETUP_SECRET } = readOrCreateSecrets(file);
  const fresh = { PEPPER: random(), KMS_KEY: random(), SETUP_SECRET };
  write(
    file,
    fresh,
    new Map([
      ["PEPPER_PREVIOUS", PEPPER],
      ["KMS_KEY_PREVIOUS", KMS_KEY],
    ]),
  );
  return true;
}

/** The ones before are gone. */
export function forgetPreviousSecrets(file: string): void {
  write(file, readOrCreateSecrets(file), new Map());
}

function random(): string {
  return randomBytes(32).toString("base64");
}

function write(file: string, secrets: WorkerSecrets, known: ReadonlyMap<string, string>): void {
  const lines = [
    ...NAMES.map((name) => `${name}=${secrets[name]}`),
    ...PREVIOUS.flatMap((name) => (known.has(name) ? [`${name}=${known.get(name)}`] : [])),
    ...FIXED,
    ...[...parse(readIfThere(file))].flatMap(([name, value]) => (isOurs(name) ? [] : [`${name}=${value}`])),
    "",
  ];
  // Renamed into place, so that a crash leaves either the old file or the new one.
  writeFileSync(`${file}.new`, lines.join("\n"), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Any other line is somebody's own setting of the Workers, such as for mail, and stays. */
function isOurs(name: string): boolean {
  return [...NAMES, ...PREVIOUS, "INBOX", "ENVIRONMENT"].includes(name);
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
