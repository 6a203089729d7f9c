import * as z from "zod";
import { type ApiBindings, settingsOf } from "../env.ts";
import { putDeadLetter } from "../store/dead-letters.ts";
import { removeFromInbox } from "../store/inbox.ts";
import { errorCode } from "../store/error-code.ts";

/** As much of a message as is needed to file it; team 0 holds what names no team. */
const Envelope = z.object({
  id: z.uuid().optional().catch(undefined),
  team: z.int().positive().catch(0),
});
/** With ninety retries that is nearly four days, which is as long as the queue keeps a message. */
const MAX_DELAY_S = 3600;
const NOBODY = { team: 0, id: undefined };

/** Keeps what could not be stored for two weeks, encrypted under the team's key. */
export async function keepDeadLetters(batch: MessageBatch, env: ApiBindings, nowMs: number): Promise<void> {
  for (const handle of batch.messages) {
    try {
      const { KMS_KEY } = settingsOf(env);
      const { team, id } = Envelope.catch(NOBODY).parse(handle.body);
      await putDeadLetter(env.DEAD_LETTERS, KMS_KEY, { team, id: handle.id, body: handle.body, nowMs });
      if (id !== undefined) await removeFromInbox(env.DB, [id]);
      handle.ack();
    } catch (error) {
      console.error({ msg: "dead letter not kept, will retry", code: errorCode(error) });
      handle.retry({ delaySeconds: Math.min(60 * 2 ** Math.min(handle.attempts, 10), MAX_DELAY_S) });
    }
  }
}
