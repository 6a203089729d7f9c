import * as z from "zod";

/**
 * What the hook recorder keeps of one call of Cursor's: one line of JSON in the recorder's folder. It holds numbers,
 * ids and closed words, never a text, a path in the clear or a name of a person: what else Cursor says is not written.
 */
export type HookEvent = z.infer<typeof HookEvent>;

const Count = z.int().min(0).max(1_000_000_000);
const Id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/);

/** The hooks that are installed: none of them can hold Cursor up by what it answers. */
export const HOOK_EVENTS = ["stop", "afterAgentResponse"] as const;

export const HookEvent = z.object({
  v: z.literal(1),
  /** When the hook ran by this machine's clock, in milliseconds since the Unix epoch, UTC. */
  at: z.int().positive(),
  event: z.enum(HOOK_EVENTS),
  conversation: Id,
  /** Cursor's id of the turn: the same in every hook of it, and from every file that names this hook. */
  generation: Id,
  /** As selected; `default` is Auto. */
  model: z.string().max(80).optional(),
  status: z.enum(["completed", "aborted", "error"]).optional(),
  /** As Cursor says it: all input, with what was read from the cache and written to it. */
  input: Count.optional(),
  output: Count.optional(),
  cacheRead: Count.optional(),
  cacheWrite: Count.optional(),
  /** Version of Cursor. */
  version: z.string().max(40).optional(),
  /** Bytes that the conversation's transcript had when the hook ran: the turn ends no later than there. */
  transcriptBytes: z.int().min(0).optional(),
  /** The working directory, sealed to the collector's public key, in base64url; absent without that key. */
  cwd: z.string().max(8_192).optional(),
});
