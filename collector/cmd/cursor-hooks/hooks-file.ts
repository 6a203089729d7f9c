import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { closeSync, copyFileSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HooksFileError } from "./merge.ts";

/** Far more than anybody writes by hand. */
const MOST_BYTES = 128 * 1024;

/** A `hooks.json`, which may not be there, and may be a link to where it is kept. */
export class HooksFile {
  /** As Cursor names it. */
  readonly name: string;
  readonly #file: string;

  constructor(name: string) {
    this.name = name;
    this.#file = existsSync(name) ? realpathSync(name) : targetOf(name);
  }

  /** As it was before it was changed for the first time; not there where there was none. */
  get backup(): string {
    return `${this.#file}.before-talos`;
  }

  /** Undefined where there is none. Throws HooksFileError. */
  read(): string | undefined {
    try {
      const found = statSync(this.#file, { throwIfNoEntry: false });
      if (found === undefined) return undefined;
      if (!found.isFile() || found.size > MOST_BYTES)
        throw new HooksFileError("it is no plain file, or larger than any");
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(this.#file));
    } catch (error) {
      if (error instanceof HooksFileError) throw error;
      throw new HooksFileError(`it cannot be read (${codeOf(error)})`, { cause: error });
    }
  }

  /** Puts a text in the place of what was read, in one step, and keeps what the file was before ours came. */
  replace(read: string | undefined, text: string): void {
    this.#change(() => {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      const draft = `${this.#file}.${process.pid}.tmp`;
      try {
        this.#draft(draft, text);
        if (this.read() !== read) throw new HooksFileError("somebody else changes it just now: try again");
        if (read !== undefined && !existsSync(this.backup)) copyFileSync(this.#file, this.backup);
        renameSync(draft, this.#file);
      } finally {
        rmSync(draft, { force: true });
      }
    });
  }

  remove(): void {
    this.#change(() => rmSync(this.#file, { force: true }));
  }

  readBackup(): string | undefined {
    return existsSync(this.backup) ? readFileSync(this.backup, "utf8") : undefined;
  }

  /** Where the file is again what it was, nobody needs the copy. */
  forgetBackup(text: string): void {
    if (this.readBackup() === text) rmSync(this.backup);
  }

  #draft(draft: string, text: string): void {
    const before = statSync(this.#file, { throwIfNoEntry: false });
    const file = openSync(draft, "wx", before?.mode ?? 0o644);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (before === undefined) return;
    chmodSync(draft, before.mode);
    if (process.getuid?.() === 0) chownSync(draft, before.uid, before.gid);
  }

  #change(change: () => void): void {
    try {
      change();
    } catch (error) {
      if (error instanceof HooksFileError) throw error;
      throw new HooksFileError(`it cannot be written (${codeOf(error)})`, { cause: error });
    }
  }
}

/** Where a link leads to whose file is not there yet. */
function targetOf(name: string): string {
  const isLink = lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? path.resolve(path.dirname(name), readlinkSync(name)) : name;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
