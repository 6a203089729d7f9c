import { accessSync, constants, existsSync, statSync } from "node:fs";
import path from "node:path";
import { errorCode } from "#component/error-code.ts";
import { readStatus } from "#state/status.ts";
import { noState } from "../no-state.ts";
import { type Check, fail, type Finding, ok, skip, together, warn } from "./check.ts";
import { queueTitle } from "../../service/text-lanes.ts";

const MIB = 1_048_576;
/** Below it SQLite's own files may not fit. */
const LEAST_FREE_BYTES = 32 * MIB;
const KEYCHAIN_TIMEOUT_MS = 5_000;
/** What the collector writes and nobody else may read. */
const STATE_FILES = [
  "state.db",
  "state.db-wal",
  "state.db-shm",
  "outbox.key",
  "first-start.json",
  "control.sock",
];

/** Asks only: a key is made by the collector, while it holds the lock. */
export const keychain: Check = {
  id: "keychain",
  title: "Keychain",
  look: async (subject) => {
    const source = subject.planned.plan.service.outbox.key_source;
    if (source !== "keychain") return skip(`not used: \`service.outbox.key_source\` is ${source}`);
    const signal = AbortSignal.timeout(KEYCHAIN_TIMEOUT_MS);
    const none = warn(
      "no keychain answers: the key is kept in memory, and what waits is read again after a restart",
      "unlock the keychain, or set `service.outbox.key_source: file`",
    );
    const late = new Promise<"late">((resolve) => {
      signal.addEventListener("abort", () => resolve("late"), { once: true });
    });
    const ask = async () => (await subject.keychain()).get(signal);
    try {
      const key = await Promise.race([ask(), late]);
      if (key === "late") return none;
      return ok(key === null ? "answers; the key is made at the first start" : "answers and holds the key");
    } catch {
      return none;
    }
  },
};

export const disk: Check = {
  id: "disk",
  title: "Disk",
  look: (subject) => {
    const { stateDir, service } = subject.planned.plan;
    const there = nearestFolder(stateDir);
    const free = subject.freeBytes(there);
    const detail = `${Math.floor(free / MIB).toLocaleString("en-US")} MiB free for the state folder`;
    const problem = unwritable(there);
    if (problem !== undefined) {
      return fail(
        `the state folder cannot be written (${problem})`,
        "make it writable for this user, or set `service.state_dir` to another one",
      );
    }
    const fix = "free some space, or set `service.state_dir` to a folder on another disk (nothing is lost)";
    if (free < LEAST_FREE_BYTES) return fail(detail, fix);
    return free < service.outbox.max_size ? warn(`${detail}, less than a full queue takes`, fix) : ok(detail);
  },
};

export const modes: Check = {
  id: "modes",
  title: "File modes",
  look: ({ planned, platform }) => {
    if (platform.os === "win32") return skip("this system has no file modes");
    const { plan, files, file } = planned;
    const settings = new Set(file.split(", "));
    const secrets = files.filter((each) => !settings.has(each) && !/\.ya?ml$/.test(each));
    const own = [...new Set([plan.stateDir, plan.configDir])].flatMap((dir) =>
      STATE_FILES.map((name) => path.join(dir, name)),
    );
    const looked = [...new Set([...secrets, ...own])].filter((each) => existsSync(each));
    const open = looked.filter((each) => (statSync(each).mode & 0o077) !== 0);
    if (open.length === 0) return ok("what only you may read, only you can read");
    const names = open.join(", ");
    return fail(
      `others can read ${names}`,
      `chmod 600 ${open.map((each) => word(each, platform.homeDir)).join(" ")}`,
    );
  },
};

export const instance: Check = {
  id: "instance",
  title: "Collector",
  look: ({ planned }) => {
    const status = readStatus(planned.plan.stateDir);
    if (status === undefined) {
      const { isDeleted, what, fix } = noState(planned.plan.stateDir);
      return isDeleted ? fail(what, fix) : warn("none has run with this state folder yet", fix);
    }
    const { running, pid, balance, destinations } = status;
    const findings: Finding[] = [
      running
        ? ok(`runs (process ${pid ?? "?"})`)
        : warn("does not run: nothing is followed or sent", "start it with `talos run`"),
      balance.balanced
        ? ok("every record is accounted for")
        : fail(
            "records are not accounted for",
            "run `talos status`, and report what it shows: it holds no content",
          ),
      ...destinations
        .filter(({ health }) => health?.state === "parked")
        .map(({ exporter }) =>
          warn(
            `records for ${queueTitle(exporter)} are parked`,
            "mend what is said of that destination here (nothing is lost)",
          ),
        ),
    ];
    return together(findings);
  },
};

/** As a shell takes it: within quotes, `~` would not be the home folder. */
function word(file: string, homeDir: string): string {
  const [start, rest] = file.startsWith(`${homeDir}/`) ? ["~", file.slice(homeDir.length)] : ["", file];
  return start + rest.replaceAll(/[^\w@%+=:,./-]/g, String.raw`\$&`);
}

/** The folder itself, or the one that it will be made in. */
function nearestFolder(dir: string): string {
  const above = path.dirname(dir);
  return existsSync(dir) || above === dir ? dir : nearestFolder(above);
}

function unwritable(dir: string): string | undefined {
  try {
    if (!statSync(dir).isDirectory()) return "ENOTDIR";
    accessSync(dir, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}
