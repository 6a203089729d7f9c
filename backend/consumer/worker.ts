import type { ConsumerBindings } from "../env.ts";
import { consumeIngest } from "../queue/ingest.ts";
import { cleanUp } from "../queue/nightly.ts";

export default {
  async queue(batch, env): Promise<void> {
    await consumeIngest(batch, env);
  },

  async scheduled(_controller, env): Promise<void> {
    await cleanUp(env, Date.now());
  },
} satisfies ExportedHandler<ConsumerBindings>;
