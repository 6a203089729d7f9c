import { randomBytes } from "node:crypto";
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";
import { StateError } from "./errors.ts";
import { text } from "./row.ts";
import type { KeySource } from "./types.ts";

const READ = "SELECT value FROM meta WHERE name = ?";
const WRITE = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";

export type MetaName =
  | "database_id"
  | "local_key"
  | "key_check"
  | "key_source"
  | "exporters"
  | "started_at"
  | "last_commit_at"
  | "open"
  | "era"
  | "next_key";

export interface Identity {
  /** 16 bytes, random: which database a batch was sealed in. */
  databaseId: Uint8Array;
  /** 32 bytes, random: keys every hash that is stored. */
  localKey: Uint8Array;
}

export function readMeta(db: DatabaseSync, name: MetaName): SQLOutputValue | undefined {
  return db.prepare(READ).get(name)?.["value"];
}

export function writeMeta(db: DatabaseSync, name: MetaName, value: SQLInputValue): void {
  db.prepare(WRITE).run(name, value);
}

/** Returns whether it was there. */
export function deleteMeta(db: DatabaseSync, name: MetaName): boolean {
  return Number(db.prepare("DELETE FROM meta WHERE name = ?").run(name).changes) > 0;
}

/** In the transaction that makes the tables. */
export function createIdentity(db: DatabaseSync): void {
  writeMeta(db, "database_id", randomBytes(16));
  writeMeta(db, "local_key", randomBytes(32));
}

export function readIdentity(db: DatabaseSync): Identity {
  return { databaseId: bytesOf(db, "database_id", 16), localKey: bytesOf(db, "local_key", 32) };
}

function bytesOf(db: DatabaseSync, name: MetaName, length: number): Uint8Array {
  const value = readMeta(db, name);
  if (value instanceof Uint8Array && value.length === length) return value;
  throw new StateError("corrupt", `state.db holds no ${name}`);
}

export function readNumber(
  db: DatabaseSync,
  name: "started_at" | "last_commit_at" | "open" | "era",
): number | undefined {
  const value = readMeta(db, name);
  return typeof value === "number" ? value : undefined;
}

export function readKeySource(db: DatabaseSync): KeySource | undefined {
  const value = readMeta(db, "key_source");
  return value === "keychain" || value === "memory" || value === "file" ? value : undefined;
}

/** Exporters of the configuration that ran last. */
export function readExporters(db: DatabaseSync): string[] {
  return db
    .prepare("SELECT value AS name FROM json_each((SELECT value FROM meta WHERE name = 'exporters'))")
    .all()
    .map((row) => text(row, "name"));
}

export function writeExporters(db: DatabaseSync, exporters: readonly string[]): void {
  writeMeta(db, "exporters", JSON.stringify(exporters));
}
