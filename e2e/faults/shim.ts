/** A real process on a machine that misbehaves: a library between the program and the system, compiled here. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";

const SOURCE = path.join(import.meta.dirname, "testdata/shim.c");
const BYTES = 16;
const WRITING_AT = 8;
const READING_AT = 12;

/** `hangs`: the call never returns. */
type Fault = "EIO" | "EROFS" | "ENOSPC" | "hangs" | undefined;

export class Shim {
  readonly #dir: string;
  readonly #control: string;
  readonly #files: string;

  private constructor(dir: string, files: string) {
    this.#dir = dir;
    this.#control = path.join(dir, "control");
    this.#files = files;
    writeFileSync(this.#control, Buffer.alloc(BYTES));
  }

  /** The shim, or why it cannot be had here. `files`: the beginning of the names of files that can fail. */
  static make(files: string): Shim | string {
    if (process.platform !== "linux") return "a library can be put before the system's only on Linux";
    const dir = mkdtempSync(path.join(tmpdir(), "talos-shim-"));
    const shim = new Shim(dir, files);
    const compiled = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim.#library, SOURCE, "-ldl"]);
    if (compiled.status === 0 && shim.#works()) return shim;
    shim.remove();
    return compiled.status === 0 ? "Node does not use the system's C library" : "there is no C compiler";
  }

  /** For the processes that are to be misled. */
  get env(): Record<string, string> {
    return { LD_PRELOAD: this.#library, TALOS_SHIM: this.#control, TALOS_SHIM_FILES: this.#files };
  }

  /** From now on their time of day is off by so much. */
  set clockOffsetMs(ms: number) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.trunc(ms / 1_000)));
    this.#write(bytes, 0);
  }

  /** From now on writing and syncing those files fails. */
  set failing(code: Fault) {
    this.#fail(WRITING_AT, code);
  }

  /** From now on reading those files fails. */
  set failingReads(code: Fault) {
    this.#fail(READING_AT, code);
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  get #library(): string {
    return path.join(this.#dir, "shim.so");
  }

  #works(): boolean {
    this.clockOffsetMs = 1_000_000_000;
    const { stdout } = spawnSync(process.execPath, ["-p", "Date.now()"], {
      env: { ...process.env, ...this.env },
      encoding: "utf8",
    });
    this.clockOffsetMs = 0;
    return Number(stdout) - Date.now() > 900_000_000;
  }

  #fail(at: number, code: Fault): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(code === undefined ? 0 : code === "hangs" ? -1 : constants.errno[code]);
    this.#write(bytes, at);
  }

  #write(bytes: Buffer, at: number): void {
    const fd = openSync(this.#control, "r+");
    writeSync(fd, bytes, 0, bytes.length, at);
    closeSync(fd);
  }
}
