import { fileURLToPath } from "node:url";

/** The recorder of this installation. */
export const RECORDER: string = fileURLToPath(new URL("./recorder.cjs", import.meta.url));

/** Below the state folder: what the recorder writes and the collector reads. */
export const HOOKS_FOLDER = "cursor-hooks";

/** The name under which the command is found again, whatever paths it has. */
const MARK = "talos-cursor-hooks";
/** On Windows, what the command starts: the shell there may be either of two, which quote differently. */
export const LAUNCHER = `${MARK}.cmd`;

/** Seconds. It answers long before; a shell that cannot even begin must not hold Cursor up for longer. */
const TIMEOUT_SECONDS = 10;

/**
 * Answers `{}` with exit code 0 when the recorder is done, and after a second in any case: the recorder then goes on
 * without being waited for. It waits for a sleep that the recorder ends, so that there is no signal that may come late.
 * The recorder steps back behind what else the machine does. `$1`: Node, `$2`: the recorder, `$3`: its folder.
 */
const SCRIPT = [
  'trap "echo {}; exit 0" 0',
  // A job in the background loses its standard input, unless it has another number.
  "exec 2>/dev/null 3<&0",
  "sleep 1 >/dev/null 3<&- & s=$!",
  '{ unset NODE_OPTIONS; [ -x "$1" ] && [ -f "$2" ] && exec nice -n 10 "$1" "$2" "$3" $$ $s; kill -0 $$ && kill $s; } <&3 3<&- >/dev/null & wait $s',
].join("; ");

export interface Recorder {
  node: string;
  recorder: string;
  /** "" where every user has their own. */
  folder: string;
}

export interface HookEntry {
  command: string;
  timeout: number;
}

/** What `sh -c`, or any other shell of a user, runs. Throws where a path cannot be written. */
export function posixEntry({ node, recorder, folder }: Recorder): HookEntry {
  const words = [SCRIPT, MARK, node, recorder, folder].map(quoted);
  return { command: `/bin/sh -c ${words.join(" ")}`, timeout: TIMEOUT_SECONDS };
}

/** A word that sh, bash, zsh and fish read alike. */
function quoted(word: string): string {
  if (/['\\\n\0]/.test(word))
    throw new Error("a path with a quote, a backslash or a line break cannot be in a command");
  return `'${word}'`;
}

/** What both cmd and PowerShell run: the launcher does the rest. */
export function windowsEntry(launcher: string): HookEntry {
  if (/[&<>()@^|%!"'`$\n]/.test(launcher)) {
    throw new Error("a path with one of & < > ( ) @ ^ | % ! ' ` $ cannot be in a command of Windows");
  }
  return { command: `cmd /d /c "${launcher}"`, timeout: TIMEOUT_SECONDS };
}

/** The launcher's text. The recorder ends itself within seconds there, so it is waited for. */
export function launcherText({ node, recorder, folder }: Recorder): string {
  const words = [node, recorder, ...(folder === "" ? [] : [folder])].map(
    (word) => `"${word.replaceAll("%", "%%")}"`,
  );
  return [
    "@echo off",
    "rem Tells Talos Auditor what a turn of Cursor's used. `talos cursor-hooks remove` takes it out.",
    "chcp 65001 >nul 2>nul",
    "set NODE_OPTIONS=",
    `${words.join(" ")} >nul 2>nul`,
    "echo {}",
    "exit /b 0",
    "",
  ].join("\r\n");
}

export function isOurs(command: unknown): boolean {
  return typeof command === "string" && command.includes(MARK);
}

/** The paths in a command or a launcher of ours; undefined where it was changed by hand. */
export function recorderOf(text: string): Recorder | undefined {
  const posix = new RegExp(`'${MARK}' '([^']*)' '([^']*)' '([^']*)'$`).exec(text);
  const line = /^"[^\r\n]* >nul/m.exec(text)?.[0] ?? "";
  const windows = [...line.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word.replaceAll("%%", "%"));
  const [node, recorder, folder = ""] = posix?.slice(1) ?? windows;
  if (node === undefined || recorder === undefined) return undefined;
  return { node, recorder, folder };
}

/** The launcher that a command starts; undefined for one that needs none. */
export function launcherOf(command: string): string | undefined {
  return /^cmd \/d \/c "([^"]*)"$/.exec(command)?.[1];
}
