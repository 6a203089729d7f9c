/** Another collector holds the state folder. */
export class LockedError extends Error {
  readonly pid: number | undefined;

  constructor(pid: number | undefined, message: string) {
    super(message);
    this.name = "LockedError";
    this.pid = pid;
  }
}

export interface Lock {
  release(): void;
}

/** Makes this process the only collector of the folder, until `release` or its death. Throws `LockedError`. */
export function acquireLock(_dir: string, _owner: { pid: number; startedAtMs: number }): Lock {
  throw new Error("not implemented");
}
