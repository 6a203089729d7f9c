import type { SQLOutputValue } from "node:sqlite";
import { StateError } from "./errors.ts";

export type Row = Record<string, SQLOutputValue>;

/** Columns of a STRICT table have their type; anything else means that the file is damaged. */
export function int(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number") return value;
  throw damaged(column);
}

export function intOrNone(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : int(row, column);
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw damaged(column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw damaged(column);
}

function damaged(column: string): StateError {
  return new StateError("corrupt", `state.db holds something unexpected in ${column}`);
}
