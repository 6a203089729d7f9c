import type { Report } from "../../domain/report.ts";
import { formatTokens, plural } from "../format.ts";

/** What the numbers do not say by themselves. */
export function Notes({ report: { totals } }: { report: Report }) {
  return (
    <section class="card notes" aria-labelledby="notes-title">
      <h2 id="notes-title">How to read this</h2>
      <dl>
        <dt>List value is not your bill</dt>
        <dd>
          It is what the tokens would cost at public API prices. Seats, discounts and credits are not in it, so use it to
          compare days, models and projects.
        </dd>
        {totals.unpricedRequests > 0 && (
          <>
            <dt>{plural(totals.unpricedRequests, "request")} without a known price</dt>
            <dd>
              {formatTokens(totals.unpricedTokens)} tokens of models that are not in the price table. They are in tokens and
              requests, and in no list value.
            </dd>
          </>
        )}
        {totals.partialRequests > 0 && (
          <>
            <dt>{plural(totals.partialRequests, "request")} without a final count</dt>
            <dd>They were cut off before the tool wrote their last line. They count as far as they were seen, and are corrected if more appears.</dd>
          </>
        )}
        <dt>Where the numbers come from</dt>
        <dd>
          From the usage records that the tools keep on each developer's machine. A split or a count that a tool did not
          record stays unknown; nothing is filled in with 0.
        </dd>
        <dt>Spend that no transcript shows</dt>
        <dd>
          Tools also make requests that they do not write down, such as titles, summaries and compaction. Cloud sessions,
          other machines and sessions kept out of the history are missing too: your bill can hold more than this page.
        </dd>
        <dt>Not for rating people</dt>
        <dd>More tokens are neither more work nor better work. Whatever can be ranked becomes a target, so nothing here is.</dd>
      </dl>
    </section>
  );
}
