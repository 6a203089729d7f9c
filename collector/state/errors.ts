/** What the caller can do: free space, look at the disk, change permissions, restart, update, or fix its own code. */
export type StateErrorCode = "disk_full" | "io" | "read_only" | "busy" | "corrupt" | "newer" | "invalid";

/** The state folder refused. Nothing of the call is stored, and the store can be used again. */
export class StateError extends Error {
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StateError";
    this.code = code;
  }
}

/** By SQLite's primary result code. */
const CODES = new Map<number, StateErrorCode>([
  // "SQL logic error": the tables are not those of this schema.
  [1, "corrupt"],
  [3, "read_only"],
  [5, "busy"],
  [6, "busy"],
  [8, "read_only"],
  [10, "io"],
  [11, "corrupt"],
  [13, "disk_full"],
  [14, "io"],
  [19, "invalid"],
  [20, "invalid"],
  [25, "invalid"],
  [26, "corrupt"],
]);

const WORDS: Record<StateErrorCode, string> = {
  disk_full: "the disk is full",
  io: "the disk failed",
  read_only: "it cannot be written",
  busy: "another process writes it",
  corrupt: "it is damaged",
  newer: "it is of a newer version",
  invalid: "a value does not fit",
};

/** What SQLite or the file system threw, without their texts, which may hold names. */
export function stateError(thrown: unknown, file = "state.db"): StateError {
  if (thrown instanceof StateError) return thrown;
  const result = numberOf(thrown, "errcode");
  const code = (result !== undefined && CODES.get(result & 0xff)) || systemCode(thrown) || "io";
  const detail = result === undefined ? "" : ` (SQLite result ${result})`;
  return new StateError(code, `${file}: ${WORDS[code]}${detail}`);
}

/** SQLite's primary result code, or undefined for another error. */
export function sqliteResult(thrown: unknown): number | undefined {
  const result = numberOf(thrown, "errcode");
  return result === undefined ? undefined : result & 0xff;
}

function numberOf(thrown: unknown, field: string): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const value: unknown = Reflect.get(thrown, field);
  return typeof value === "number" ? value : undefined;
}

function systemCode(thrown: unknown): StateErrorCode | undefined {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "disk_full";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "read_only";
  if (code === "ERR_INVALID_ARG_TYPE" || code === "ERR_OUT_OF_RANGE") return "invalid";
  return undefined;
}
