import { closeSync, existsSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { readStatus } from "#state/status.ts";
import type { CursorConfig } from "../../../receivers/cursor/config.ts";
import { type Answer, run } from "../../../receivers/cursor/database/job.ts";
import { defaultRoots, defaultUserDir } from "../../../receivers/cursor/roots.ts";
import { type Check, count, type Finding, ok, skip, together, warn } from "./check.ts";
import { type HooksStatus, readHooksStatus } from "../cursor-hooks/status.ts";
import { isCursor } from "./receivers.ts";

const BUDGET_MS = 200;
/** A database that was closed within the last second is left alone. */
const MOST_TRIES = 15;
const RETRY_MS = 100;
/** Where the header of a database says how it is written: 2 with a write-ahead log. */
const WRITE_VERSION_AT = 18;

/** Whether Cursor is here, what can be known of it, and what is missing. Changes nothing; of a database, nothing is shown. */
export const cursor: Check = {
  id: "cursor",
  title: "Cursor",
  look: async (subject) => {
    const { planned, platform } = subject;
    const receivers = planned.plan.receivers.filter(isCursor);
    const isHere = defaultRoots(platform).some((root) => existsSync(root));
    if (receivers.length === 0) {
      return skip(
        isHere
          ? "found on this computer; no receiver `cursor` follows it"
          : "not found on this computer, and not followed",
      );
    }
    const isSet = receivers.some(
      ({ config }) => config.include !== undefined || config.user_dir !== undefined,
    );
    if (!isHere && !isSet) return skip("not found on this computer; followed once it is there");
    const databases = await Promise.all(
      receivers.map(({ config }) => databaseOf(config, config.user_dir ?? defaultUserDir(platform))),
    );
    const { stateDir } = planned.plan;
    return together([
      ...databases,
      ...passedOver(stateDir),
      hooksOf(readHooksStatus({ platform, stateDir })),
    ]);
  },
};

async function databaseOf({ database }: CursorConfig, userDir: string): Promise<Finding> {
  if (!database) {
    return ok("its database is not read (`database: false`): no models, and times to the minute alone");
  }
  const file = path.join(userDir, "globalStorage", "state.vscdb");
  const ask = () =>
    run({
      kind: "changes",
      file,
      since: { row: undefined, headers: START },
      budgetMs: BUDGET_MS,
    });
  let answer = ask();
  for (let tries = 0; answer.outcome === "busy" && tries < MOST_TRIES; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    answer = ask();
  }
  return FINDINGS[answer.outcome](answer, file);
}
const START = { changedMs: Number.MAX_SAFE_INTEGER, id: "" };

const NO_DATABASE =
  "its database is not there: transcripts alone, without models, and with times to the minute";
const FINDINGS: Record<Answer["outcome"], (answer: Answer, file: string) => Finding> = {
  changes: (answer, file) => {
    const isListed = answer.outcome === "changes" && answer.changes.hasHeaders;
    const version = isListed
      ? "a version that lists conversations"
      : "an older version, without a list of conversations";
    return ok(`its database can be read: ${journalOf(file)}, ${version}`);
  },
  gone: () => ok(NO_DATABASE),
  empty: () => ok("its database holds no conversation yet"),
  busy: () =>
    ok(
      "its database cannot be read just now: it is being written, or may not be read; the collector tries again",
    ),
  unusable: () =>
    warn(
      "its database is damaged or of a version that is not known: transcripts are read alone",
      "update Talos Auditor; if it is the newest, report Cursor's version",
    ),
  conversations: () => ok(""),
  texts: () => ok(""),
};

function journalOf(file: string): string {
  const header = Buffer.alloc(WRITE_VERSION_AT + 1);
  const open = openSync(file, "r");
  try {
    readSync(open, header, 0, header.length, 0);
  } finally {
    closeSync(open);
  }
  return header[WRITE_VERSION_AT] === 2 ? "with a write-ahead log" : "with a rollback journal";
}

function passedOver(stateDir: string): Finding[] {
  const counters = readStatus(stateDir)?.counters ?? {};
  const malformed = counters["receiver_malformed_rows"] ?? 0;
  return malformed === 0
    ? []
    : [ok(`${count(malformed, "row")} of its database could not be read and were passed over`)];
}

const INSTALL = "`talos cursor-hooks install` lets Cursor tell the counts of later requests";

/** Without hooks, nothing tells tokens. What is wrong with them is told by `talos cursor-hooks status`. */
function hooksOf({ levels }: HooksStatus): Finding {
  const there = levels.filter(({ state }) => state === "installed" || state === "partly");
  const whole = there.filter(
    ({ state, missing, otherFolder }) =>
      state === "installed" && missing.length === 0 && otherFolder === undefined,
  );
  if (whole.length > 0) return ok("its hooks are installed: token counts come from them");
  if (there.length > 0) {
    return warn(
      "its hooks are installed, and do not tell this collector of token counts",
      "`talos cursor-hooks status` says what is wrong, `talos cursor-hooks install` mends it",
    );
  }
  if (levels.some(({ state }) => state === "unreadable")) {
    return warn(
      "its hooks.json is not as it is known, so that no hooks are seen",
      "look at it, and then: " + INSTALL,
    );
  }
  return warn("no hooks: Cursor writes no token counts to its files, so they are not known", INSTALL);
}
