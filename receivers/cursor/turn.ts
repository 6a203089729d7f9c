/**
 * A request of Cursor's is a turn: what was asked, and all that the agent did for it. Each source tells of the turns
 * of one conversation in their order.
 */

/** A turn as a transcript tells it: no tokens, no model, hardly a time. */
export interface TranscriptTurn {
  /** Bytes from the start of the file to its first line, and to the end of its last. */
  from: number;
  to: number;
  /** Milliseconds since the Unix epoch, UTC: between these its first line was written. */
  earliestMs: number;
  latestMs: number;
  /** That is known by what Cursor wrote, or by watching the file grow; else by what the file says of itself. */
  isDated: boolean;
  /** Its last line was written no later than this. */
  lastMs: number;
  /** The agent did something. */
  answered: boolean;
  /** A line says that it is over, or another turn follows. */
  ended: boolean;
}

/** A turn as the database tells it. */
export interface DatabaseTurn {
  /** Key of what was asked; "" where only the conversation as a whole is known. */
  asked: string;
  /** Keys of what was answered. */
  answers: string[];
  /** Cursor's id of the turn, which hooks name, too; "" when unknown. */
  generation: string;
  /** Milliseconds since the Unix epoch, UTC. */
  startMs: number;
  lastMs: number;
  /** The model that was selected; "" when unknown. */
  model: string;
  /** Tokens, where a version of Cursor wrote them; -1 where it did not. */
  input: number;
  output: number;
}

/** A turn as Cursor's hooks tell it when it is over: the one source of tokens since early 2026. */
export interface HookTurn {
  conversation: string;
  /** Cursor's id of the turn. */
  generation: string;
  /** `ReceiverHost.fileKey` of it: its position is the place that it has. */
  key: string;
  /** Milliseconds since the Unix epoch, UTC, by this machine's clock: it was over by then. */
  endMs: number;
  /** Cursor said that it is over, and not only that something was answered. */
  isOver: boolean;
  /** A model was asked, as far as the hook tells. */
  isAnswered: boolean;
  /** The model that was selected, and the version of Cursor; "" when unknown. */
  model: string;
  version: string;
  /** Tokens; -1 where they are unknown. Input is all of it, with what was read from the cache and written to it. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  /** Bytes that the transcript had when the hook ran; -1 when unknown. */
  transcriptBytes: number;
  /** Absolute working directory; "" when unknown. */
  cwd: string;
  /** Which hook told the counts. */
  countedBy: "stop" | "afterAgentResponse" | undefined;
  /** The ordinal that it was emitted under, and keeps: its counts are never counted twice. -1 before. */
  place: number;
  /** The counts that it was emitted with; 0 where they were unknown. */
  emitted: { input: number; output: number };
}

/** What the database knows of a conversation. */
export interface DatabaseConversation {
  id: string;
  /** Milliseconds since the Unix epoch, UTC, as Cursor says; 0 when unknown. */
  createdMs: number;
  updatedMs: number;
  /** Cursor says that nothing is going on. */
  isOver: boolean;
  isSubagent: boolean;
  /** Conversations that it began. */
  subagents: string[];
  /** The model that is selected now; "" when unknown. */
  model: string;
  /** Absolute working directory; "" when unknown. */
  cwd: string;
  turns: DatabaseTurn[];
}

/** One turn, by what each source tells of it. */
export interface Turn {
  /** Its place in the conversation, from 0: what it is known by, whichever source tells of it. */
  ordinal: number;
  transcript?: TranscriptTurn;
  database?: DatabaseTurn;
  hook?: HookTurn;
  /** That the hook ran for this turn rests on times and order alone. */
  isGuessed?: boolean;
}

/** An id that Cursor gives conversations. Others, such as those of tasks, hold line breaks. */
const CONVERSATION = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

export function isConversationId(id: string): boolean {
  return CONVERSATION.test(id);
}
