/** What one file tells of one request. Several pieces may be of the same request: they are merged by its key. */
export interface Piece {
  key: string;
  /** Milliseconds since the Unix epoch, UTC, of the first and the last line. */
  timeMs: number;
  lastTimeMs: number;
  /** Bytes from the start of the file to the first line, and to the end of the last. */
  from: number;
  to: number;
  /** Some line has a `stop_reason`. */
  stop: boolean;
  /** Another record came after the last line. */
  followed: boolean;
  /** Told again by a fork or resume of another session. */
  copied: boolean;
  /** Told by `agent_progress` in the parent's file. */
  nested: boolean;
  subagent: boolean;
  /** Token counts; -1 where unknown. */
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
  write5m: number;
  write1h: number;
  webSearch: number;
  /** "" where unknown, like every string below. */
  model: string;
  tier: string;
  geo: string;
  speed: string;
  /** JSON of `usage.iterations` where some are requests of their own. */
  iterations: string;
  session: string;
  turn: string;
  cwd: string;
  version: string;
  /** Ids of WebSearch calls, whose results count searches. Joined by spaces. */
  searches: string;
}

/** Adds what `other` tells to `into`. Of usage, a whole record is kept, never the best of each count. */
export function mergePiece(into: Piece, other: Piece): void {
  if (hasBetterUsage(other, into)) takeUsage(into, other);
  if (rank(other) < rank(into)) takeIdentity(into, other);
  if (into.turn === "") into.turn = other.turn;
  if (other.timeMs < into.timeMs) into.timeMs = other.timeMs;
  if (other.lastTimeMs > into.lastTimeMs) into.lastTimeMs = other.lastTimeMs;
  into.stop ||= other.stop;
  into.searches = joinIds(into.searches, other.searches);
}

/** The largest output wins; among equals the last one that has a `stop_reason`. */
function hasBetterUsage(other: Piece, than: Piece): boolean {
  if (other.output !== than.output) return other.output > than.output;
  return other.stop || !than.stop;
}

function takeUsage(into: Piece, other: Piece): void {
  into.input = other.input;
  into.output = other.output;
  into.cacheWrite = other.cacheWrite;
  into.cacheRead = other.cacheRead;
  into.write5m = other.write5m;
  into.write1h = other.write1h;
  into.webSearch = other.webSearch;
  into.model = other.model;
  into.tier = other.tier;
  into.geo = other.geo;
  into.speed = other.speed;
  into.iterations = other.iterations;
}

/** The original before a fork's copy, and the sub-agent's own file before its parent's progress lines. */
function rank(piece: Piece): number {
  return (piece.copied ? 2 : 0) + (piece.nested ? 1 : 0);
}

function takeIdentity(into: Piece, other: Piece): void {
  into.copied = other.copied;
  into.nested = other.nested;
  into.subagent = other.subagent;
  into.session = other.session;
  if (other.turn !== "") into.turn = other.turn;
  into.cwd = other.cwd;
  into.version = other.version;
}

function joinIds(ids: string, more: string): string {
  if (more === "" || ids === more) return ids;
  if (ids === "") return more;
  return [...new Set([...ids.split(" "), ...more.split(" ")])].join(" ");
}
