import { readLock } from "#state/lock.ts";

/** Why there is no state to show, and what to do, for the collector of this folder. */
export function noState(dir: string): { isDeleted: boolean; what: string; fix: string } {
  const { held, owner } = readLock(dir);
  if (!held) {
    const what = `no collector has run with the state folder ${dir} yet`;
    return { isDeleted: false, what, fix: "start one with `talos run`" };
  }
  const what = `a collector runs (process ${owner?.pid ?? "?"}), and its state folder was deleted or replaced meanwhile`;
  return { isDeleted: true, what, fix: "restart it: nothing is lost" };
}
