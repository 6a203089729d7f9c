import { statSync } from "node:fs";

/** Tells whether a small file is another one than when it was last looked at. */
export class FileVersion {
  readonly #file: string;
  #seen: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** True at the first call, and once after each change. */
  isChanged(): boolean {
    const version = this.#version();
    if (version === this.#seen) return false;
    this.#seen = version;
    return true;
  }

  /** What was seen could not be used: the next call is true again. */
  forget(): void {
    this.#seen = undefined;
  }

  #version(): string {
    try {
      const stat = statSync(this.#file, { throwIfNoEntry: false });
      return stat === undefined ? "none" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    } catch {
      return "unreadable";
    }
  }
}
