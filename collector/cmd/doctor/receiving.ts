import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import * as z from "zod";
import { errorCode } from "#component/error-code.ts";
import { readStatus } from "#state/status.ts";
import { discover, type Selection } from "#tail/discovery.ts";
import { selectionOf } from "../../../receivers/claude_code/roots.ts";
import { selectionOf as cursorSelectionOf } from "../../../receivers/cursor/roots.ts";
import { isClaudeCode, isCursor } from "./receivers.ts";
import { type Check, count, fail, type Finding, ok, skip, type Subject, together, warn } from "./check.ts";

/** Newest files that are looked into, and how much of the end of each. */
const NEWEST_FILES = 5;
const TAIL_BYTES = 65_536;

const WATCH_LIMIT_FILE = "/proc/sys/fs/inotify/max_user_watches";

export const folders: Check = {
  id: "folders",
  title: "Transcripts",
  look: (subject) => {
    const receivers = selections(subject);
    if (receivers.length === 0) return skip("no receiver follows folders");
    const findings = receivers.flatMap((receiver) => foldersOf(receiver));
    const found = findings.length === 0 ? [noneOf(receivers)] : findings;
    return together([...found, ...sharedBy(receivers)]);
  },
};

/** Which Claude Code wrote the newest transcripts, and whether lines came that this version does not know. */
export const formats: Check = {
  id: "formats",
  title: "Formats",
  look: (subject) => {
    const followed = selections(subject).filter(({ tool }) => tool === "Claude Code");
    const files = followed.flatMap(({ selection }) => discover(selection).files);
    const versions = [...new Set(newest(files).flatMap(versionsIn))].toSorted((a, b) =>
      a.localeCompare(b, "en", { numeric: true }),
    );
    const seen =
      versions.length === 0 ? "no version of Claude Code seen" : `Claude Code ${versions.join(", ")}`;
    const unknown = readStatus(subject.planned.plan.stateDir)?.counters["receiver_unknown_types"] ?? 0;
    if (unknown === 0) return ok(`${seen}; no lines of unknown types`);
    return warn(
      `${seen}; ${count(unknown, "line")} of types that this version does not know`,
      "update Talos Auditor; if it is the newest, report the versions shown here (the count holds no content)",
    );
  },
};

export const watches: Check = {
  id: "watches",
  title: "File watches",
  look: (subject) => {
    if (subject.platform.os !== "linux") return skip("this system has no limit of watches");
    const needed = selections(subject).flatMap(({ selection }) => discover(selection).dirs).length;
    const limit = Number(readFileSync(WATCH_LIMIT_FILE, "utf8"));
    const detail = `${count(needed, "folder")} to watch, this system allows ${count(limit, "watch").replace("watchs", "watches")}`;
    if (needed < limit * 0.8) return ok(detail);
    return warn(
      detail,
      `raise fs.inotify.max_user_watches to ${Math.max(524_288, needed * 4)} with sysctl; until then folders are polled`,
    );
  },
};

interface Followed {
  id: string;
  tool: "Claude Code" | "Cursor";
  selection: Selection;
  /** Whether the folders are the usual ones, of which most computers have some only. */
  usual: boolean;
}

function selections({ planned, platform }: Subject): Followed[] {
  return planned.plan.receivers.flatMap((receiver): Followed[] => {
    const { id } = receiver;
    if (isClaudeCode(receiver)) {
      const { config } = receiver;
      const selection = selectionOf(config, platform);
      return [{ id, tool: "Claude Code", selection, usual: config.include === undefined }];
    }
    if (!isCursor(receiver)) return [];
    const { config } = receiver;
    const selection = cursorSelectionOf(config, platform);
    return [{ id, tool: "Cursor", selection, usual: config.include === undefined }];
  });
}

/** A record goes only the way of the receiver that read it first, so what two follow is missing behind one of them. */
function sharedBy(receivers: readonly Followed[]): Finding[] {
  const files = receivers.map(({ id, selection }) => ({ id, found: new Set(discover(selection).files) }));
  return files.flatMap(({ id, found }, i) =>
    files.slice(i + 1).flatMap((other) => {
      const shared = [...found].filter((file) => other.found.has(file)).length;
      if (shared === 0) return [];
      return warn(
        `${id} and ${other.id} follow the same ${count(shared, "transcript")}: a record goes only the way of the one that reads it first`,
        "separate their `include`; for a second destination, name its exporter in the first one's pipeline",
      );
    }),
  );
}

/** Only the roots are named: what lies below them is named after projects. Usual ones that are not there are nothing. */
function foldersOf({ selection, usual }: Followed): Finding[] {
  const roots = [...new Set(selection.includes.map(({ base }) => base))];
  return roots.flatMap((root): Finding[] => {
    const problem = unreadable(root);
    if (problem === "ENOENT") {
      if (usual) return [];
      return [warn(`${root} is not there`, "mend `include`, or leave it out to follow the usual folders")];
    }
    if (problem !== undefined) {
      return [
        fail(`${root} cannot be read (${problem})`, "let this user read that folder, or mend `include`"),
      ];
    }
    const includes = selection.includes.filter(({ base }) => base === root);
    const { files } = discover({ ...selection, includes });
    return [ok(`${root}: ${count(files.length, "transcript")}`)];
  });
}

function noneOf(receivers: readonly Followed[]): Finding {
  const tools = [...new Set(receivers.map(({ tool }) => tool))];
  const hints: Record<Followed["tool"], string> = {
    "Claude Code":
      "use Claude Code once, or name its folder in CLAUDE_CONFIG_DIR or in the receiver's `include`",
    Cursor: "let an agent of Cursor's do something once, or name its folder in the receiver's `include`",
  };
  return warn(
    `none of the folders that ${tools.join(" and ")} usually write${tools.length === 1 ? "s" : ""} to is there`,
    tools.map((tool) => hints[tool]).join("; "),
  );
}

function unreadable(dir: string): string | undefined {
  try {
    if (!statSync(dir).isDirectory()) return "ENOTDIR";
    accessSync(dir, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}

function newest(files: readonly string[]): string[] {
  return files
    .flatMap((file) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ file, at: stats.mtimeMs }];
    })
    .toSorted((a, b) => b.at - a.at)
    .slice(0, NEWEST_FILES)
    .map(({ file }) => file);
}

const Line = z.object({ version: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,5}$/) });

/** Of whole lines at the end of the file. Anything that is not three numbers is nothing that we may show. */
function versionsIn(file: string): string[] {
  return tail(file)
    .split("\n")
    .flatMap((line) => {
      const parsed = Line.safeParse(json(line));
      return parsed.success ? [parsed.data.version] : [];
    });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tail(file: string): string {
  let open: number;
  try {
    open = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const buffer = Buffer.alloc(TAIL_BYTES);
    const from = Math.max(0, fstatSync(open).size - TAIL_BYTES);
    return buffer.toString("utf8", 0, readSync(open, buffer, 0, TAIL_BYTES, from));
  } finally {
    closeSync(open);
  }
}
