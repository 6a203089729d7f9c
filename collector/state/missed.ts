import type { DatabaseSync, StatementSync } from "node:sqlite";
import { keyBytes, keyText } from "./hex.ts";
import { bytes, int, text } from "./row.ts";
import type { Rewind } from "./types.ts";

/** From where each file is read again for destinations that had no room. While there is anything, they are detached. */
export class Missed {
  readonly #db: DatabaseSync;
  readonly #add: StatementSync;
  readonly #take: StatementSync;
  #detached = new Set<string>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#add = db.prepare(
      `INSERT INTO missed (exporter, file_key, from_byte) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET from_byte = min(from_byte, excluded.from_byte)`,
    );
    this.#take = db.prepare("DELETE FROM missed WHERE exporter = ? RETURNING file_key, from_byte");
    this.reload();
  }

  reload(): void {
    this.#detached = new Set(readDetached(this.#db));
  }

  has(exporter: string): boolean {
    return this.#detached.has(exporter);
  }

  add(exporter: string, { fileKey, from }: Rewind): void {
    this.#add.run(exporter, keyBytes(fileKey), from);
    this.#detached.add(exporter);
  }

  take(exporter: string): Rewind[] {
    const rows = this.#take.all(exporter);
    this.#detached.delete(exporter);
    return rows.map((row) => ({ fileKey: keyText(bytes(row, "file_key")), from: int(row, "from_byte") }));
  }
}

/** Exporters that files are to be read again for. */
export function readDetached(db: DatabaseSync): string[] {
  return db
    .prepare("SELECT DISTINCT exporter FROM missed")
    .all()
    .map((row) => text(row, "exporter"));
}
