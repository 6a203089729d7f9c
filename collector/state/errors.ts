/** What the caller can do: free space, look at the disk, change permissions, restart, update, or fix its own code. */
export type StateErrorCode =
  | "disk_full"
  | "io"
  | "read_only"
  | "busy"
  | "corrupt"
  | "newer"
  | "invalid"
  | "closed";

/** The state folder refused. Nothing of the call is stored, and the store can be used again. */
export class StateError extends Error {
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StateError";
    this.code = code;
  }
}
