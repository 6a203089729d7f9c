import { useEffect, useState } from "preact/hooks";
import type { FeedState } from "../feed.ts";
import { formatAgo } from "../format.ts";

/** Whether what the page shows is current. Ticks by itself; a lost connection is announced, the ticking is not. */
export function Live({ state, now }: { state: FeedState; now: () => number }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const lost = state.failure !== null;
  const age = state.updatedAt === null ? null : formatAgo(now() - state.updatedAt);
  return (
    <span class={`live ${lost ? "is-lost" : state.busy ? "is-busy" : "is-live"}`}>
      <span class="dot" aria-hidden="true" />
      <span class="live-word" role="status">
        {lost ? "Not connected" : state.updatedAt === null ? "Connecting" : "Live"}
      </span>
      {age !== null && (
        <span class="live-age" title="When these numbers last changed. The page asks every two seconds.">
          updated {age}
        </span>
      )}
    </span>
  );
}
