/** One followed file, found by its identity: a rename changes only the path. */
export interface TailedFile<Context = unknown> {
  /** `ReceiverHost.fileKey` of the identity. */
  key: string;
  /** Device and inode, as `dev:ino`. */
  identity: string;
  path: string;
  /** Bytes from the start of the file to the first line that was not read. */
  offset: number;
  /** Bytes from the start of the file up to which an unfinished line has no newline. */
  searchedTo: number;
  /** Size and time of the last change when the file was last looked at. */
  size: number;
  mtimeMs: number;
  /** Keyed digest of the first `headBytes` bytes, and of the up to 64 bytes before `offset`. */
  head: string;
  headBytes: number;
  marker: string;
  /** Milliseconds since the Unix epoch, UTC, when the file last grew. */
  grewAtMs: number;
  /** What must be known of the lines before `offset` to understand the next ones. */
  context: Context;
  /** Whether `context` tells of the lines before `offset`. */
  hasContext: boolean;
  /** For each open request, where its earliest line begins: reading resumes there after a crash. */
  holds: Map<string, number>;
  /** Its position must be stored. */
  changed: boolean;
  /** Milliseconds since the Unix epoch, UTC, when it was first missed. */
  goneSinceMs: number | undefined;
}

/** The first byte that must be read again after a restart. */
export function resumeOffset(file: TailedFile): number {
  let offset = file.offset;
  for (const from of file.holds.values()) if (from < offset) offset = from;
  return offset;
}
