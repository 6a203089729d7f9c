import type { Content, TextRecord } from "../domain/content.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { contentKey } from "../store/content-keys.ts";
import { keepTexts } from "../store/content.ts";
import { findTeam } from "../store/teams.ts";
import type { Sender } from "../store/tokens.ts";
import { logFailure } from "./failure.ts";
import { Refusal, unavailable } from "./refusal.ts";

/** Each needs two or three calls of the bucket, and a request may make ten thousand. A sender divides what is too large. */
const MAX_TEXTS = 500;

/**
 * Puts texts away before anything is queued: the queue gets where they are. When that fails, nothing of the request is
 * taken and the sender comes back with all of it, which is harmless.
 */
export async function keepContents(
  env: ApiBindings,
  sender: Sender,
  { texts, retentionDays }: { texts: readonly TextRecord[]; retentionDays: number },
  nowMs: number,
): Promise<Content[]> {
  if (texts.length === 0) return [];
  if (texts.length > MAX_TEXTS) throw new Refusal(413, "too_many_texts");
  try {
    const team = await findTeam(env.DB, sender.team);
    if (team === undefined) throw new Error("the team vanished");
    const key = await contentKey(env.CONTENT_KEYS, settingsOf(env).KMS_KEY, team);
    const shelf = { bucket: env.CONTENT, key, team: team.publicId };
    return await keepTexts(shelf, { developer: sender.developer, retentionDays }, texts, nowMs);
  } catch (error) {
    logFailure("texts were not kept", error);
    throw unavailable("content_unavailable", 10 + Math.floor(Math.random() * 10));
  }
}
