import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { exclusionOf, isFolderPattern, type Matcher, type ScopeEntry } from "#component/scope.ts";
import { writePrivate } from "#state/private-file.ts";
import { FileVersion } from "./file-version.ts";

const FILE = "exclude";
const REMOTE = /^remote:\s*(\S.*)$/;

/** The user's own list cannot be read: nothing may pass before it is mended. */
export class ExclusionsError extends Error {
  override readonly name = "ExclusionsError";
}

interface Home {
  os: "darwin" | "linux" | "win32";
  homeDir: string;
}

/** What the user leaves out: one folder or `remote: …` in a line. Throws ExclusionsError. */
export function readExclusions(configDir: string): string[] {
  let text: string;
  try {
    text = readFileSync(path.join(configDir, FILE), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new ExclusionsError("the list of what is excluded (`exclude`) cannot be read; make it readable");
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    if (entryOf(line) !== undefined) return [line];
    throw new ExclusionsError(
      `line ${i + 1} of the list of what is excluded (\`exclude\`) is no folder and no \`remote: …\`; mend it`,
    );
  });
}

/** Replaces the list, readable by its owner only. */
export function writeExclusions(configDir: string, lines: readonly string[]): void {
  mkdirSync(configDir, { recursive: true, mode: 0o700 });
  const note = "# Folders and repositories that are never followed. See `talos exclude --help`.";
  writePrivate(path.join(configDir, FILE), `${[note, ...lines].join("\n")}\n`);
}

function entryOf(line: string): ScopeEntry | undefined {
  const remote = REMOTE.exec(line)?.[1];
  if (remote !== undefined) return { remote };
  return isFolderPattern(line) ? line : undefined;
}

/** The list as it is now: read again when the file changed. */
export class Exclusions {
  readonly #configDir: string;
  readonly #home: Home;
  readonly #file: FileVersion;
  #matches: Matcher = () => false;
  #isEmpty = true;

  /** Throws ExclusionsError. */
  constructor(configDir: string, home: Home) {
    this.#configDir = configDir;
    this.#home = home;
    this.#file = new FileVersion(path.join(configDir, FILE));
    this.refresh();
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** True for what the user leaves out, and for what may be of it: whose folder is not known. */
  readonly matches: Matcher = (place) => this.#matches(place);

  /** Reads the list again when the file changed. Throws ExclusionsError; the last good list counts. */
  refresh(): void {
    if (!this.#file.isChanged()) return;
    try {
      const entries = readExclusions(this.#configDir).flatMap((line) => entryOf(line) ?? []);
      this.#matches = exclusionOf(entries, this.#home);
      this.#isEmpty = entries.length === 0;
    } catch (error) {
      this.#file.forget();
      throw error;
    }
  }
}
