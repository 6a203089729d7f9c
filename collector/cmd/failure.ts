import { ConfigError } from "#config/errors.ts";
import { StateError } from "#state/errors.ts";
import { LockedError } from "#state/lock.ts";

/** Exit codes of `talos`, so that scripts can tell what to do. */
export const EXIT = {
  /** Something failed that is named on stderr. */
  failure: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Records wait in the outbox: nothing is lost, and the next run sends them. */
  undelivered: 3,
  /** Another collector runs on the same state folder. */
  locked: 4,
} as const;

/** Prints what failed, why and what to do next. Returns the exit code. */
export function explain(error: unknown): number {
  process.stderr.write(`talos: ${error instanceof Error ? error.message : "unknown failure"}\n`);
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof LockedError) return EXIT.locked;
  if (error instanceof StateError) process.stderr.write(`  ${stateAdvice(error)}\n`);
  else if (process.env["TALOS_DEBUG"] === "1" && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  return EXIT.failure;
}

function stateAdvice({ code }: StateError): string {
  return ADVICE[code];
}

const ADVICE: Record<StateError["code"], string> = {
  disk_full: "free some space on the disk of the state folder and start again; nothing is lost",
  read_only: "make the state folder writable for this user, or set service.state_dir to another one",
  io: "look at the state folder and its disk: it must be a folder, on a disk that works; the transcripts are untouched",
  busy: "end what else has the state folder's files open, and try again",
  corrupt:
    "start the collector: it sets the damaged file aside and reads the transcripts again, doubling nothing",
  invalid: "the transcripts are untouched",
  newer: "install the version that wrote it, or set service.state_dir to another folder",
};
