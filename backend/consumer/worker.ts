import type { ConsumerBindings } from "../env.ts";
import { keepDeadLetters } from "../queue/dead.ts";
import { consumeIngest } from "../queue/ingest.ts";
import { cleanUp } from "../queue/nightly.ts";

export default {
  async queue(batch, env): Promise<void> {
    if (batch.queue === "ingest") await consumeIngest(batch, env);
    else await keepDeadLetters(batch, env, Date.now());
  },

  async scheduled(_controller, env): Promise<void> {
    await cleanUp(env, Date.now());
  },
} satisfies ExportedHandler<ConsumerBindings>;
