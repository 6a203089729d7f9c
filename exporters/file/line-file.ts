import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, truncate } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "#component/error-code.ts";

/** The two calls a full or broken disk refuses. A seam for tests. */
export interface Disk {
  /** Appends; returns how many bytes were taken. */
  write(file: FileHandle, bytes: Uint8Array): Promise<number>;
  sync(file: FileHandle): Promise<void>;
}

const realDisk: Disk = {
  write: async (file, bytes) => (await file.write(bytes)).bytesWritten,
  sync: (file) => file.sync(),
};

export interface Rotation {
  /** Bytes; undefined means that the file grows without end. */
  maxSize: number | undefined;
  maxFiles: number;
}

/** The file ends in something this exporter did not write, or is no ordinary file. It is left alone. */
export class ForeignFileError extends Error {
  override readonly name = "ForeignFileError";
}

/** How each of our lines begins. */
const LINE_START = Buffer.from('{"resourceLogs":');
const NEWLINE = 10;
const CHUNK_BYTES = 65_536;

/**
 * A file of lines in which each line is there wholly or not at all. Opened anew for each line, so that a file that
 * somebody moved or deleted is not written to unseen.
 */
export class LineFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  readonly #disk: Disk;

  constructor(filePath: string, rotation: Rotation, disk: Disk = realDisk) {
    this.#path = filePath;
    this.#rotation = rotation;
    this.#disk = disk;
  }

  /** Makes the file if need be, and cuts off what a crash left of a last line. */
  async repair(): Promise<void> {
    const file = await this.#open();
    try {
      await this.#cutTornLine(file);
    } finally {
      await file.close();
    }
  }

  /**
   * Adds one line, which ends in a newline. It is on the disk when this resolves. `present`: it was the last line
   * already, because a crash came between writing it and knowing that it was written.
   */
  async append(line: Uint8Array): Promise<"written" | "present"> {
    const file = await this.#open();
    try {
      const size = await this.#cutTornLine(file);
      if (await endsWith(file, size, line)) {
        await this.#disk.sync(file);
        return "present";
      }
      if (!this.#isFull(size, line)) {
        await this.#write(file, size, line);
        return "written";
      }
    } finally {
      await file.close();
    }
    await this.#rotate();
    return this.append(line);
  }

  #isFull(size: number, line: Uint8Array): boolean {
    const { maxSize } = this.#rotation;
    return maxSize !== undefined && size > 0 && size + line.length > maxSize;
  }

  async #open(): Promise<FileHandle> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
    try {
      return await open(this.#path, flags, 0o600);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await mkdir(path.dirname(this.#path), { recursive: true, mode: 0o700 });
      return open(this.#path, flags, 0o600);
    }
  }

  async #write(file: FileHandle, size: number, line: Uint8Array): Promise<void> {
    try {
      const written = await this.#disk.write(file, line);
      if (written < line.length) throw Object.assign(new Error("short write"), { code: "ENOSPC" });
      await this.#disk.sync(file);
      if (size === 0) await syncFolder(path.dirname(this.#path));
    } catch (error) {
      // Where this fails too, the next attempt finds the torn line and cuts it, or finds it whole.
      await truncate(this.#path, size).catch(() => {});
      throw error;
    }
  }

  /** Returns the size without the torn line. By path, because Windows cannot truncate a file opened for appending. */
  async #cutTornLine(file: FileHandle): Promise<number> {
    const stats = await file.stat();
    if (!stats.isFile()) throw new ForeignFileError("not an ordinary file");
    const end = await endOfLines(file, stats.size);
    if (end === stats.size) return end;
    if (!isOurs(await readAt(file, end, Math.min(stats.size - end, LINE_START.length)))) {
      throw new ForeignFileError("ends in something else");
    }
    await truncate(this.#path, end);
    return end;
  }

  /** From the oldest to the newest, so that a crash at any point leaves a gap at most. */
  async #rotate(): Promise<void> {
    for (let n = this.#rotation.maxFiles; n > 0; n -= 1) {
      const older = n === 1 ? this.#path : `${this.#path}.${n - 1}`;
      await rename(older, `${this.#path}.${n}`).catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
    }
  }
}

/** True for the beginning of a line of ours, and for the zeros that some file systems leave after a power cut. */
function isOurs(head: Uint8Array): boolean {
  return LINE_START.subarray(0, head.length).equals(head) || head.every((byte) => byte === 0);
}

/** Bytes up to and with the last newline. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let to = size; to > 0; to -= CHUNK_BYTES) {
    const from = Math.max(0, to - CHUNK_BYTES);
    const newline = (await readAt(file, from, to - from)).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}

async function endsWith(file: FileHandle, size: number, line: Uint8Array): Promise<boolean> {
  const from = size - line.length;
  if (from < 0) return false;
  const isWholeLine = from === 0 || (await readAt(file, from - 1, 1))[0] === NEWLINE;
  return isWholeLine && Buffer.compare(await readAt(file, from, line.length), line) === 0;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Makes a new file's name durable. Windows cannot open folders, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some network file systems cannot; the file's own bytes are safe.
  } finally {
    await handle?.close();
  }
}
