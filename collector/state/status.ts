import type { Status } from "./types.ts";

/** Reads a state folder from any process, read-only; undefined when there is none. */
export function readStatus(_dir: string): Status | undefined {
  throw new Error("not implemented");
}
