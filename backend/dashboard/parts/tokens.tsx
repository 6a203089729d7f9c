import type { Measures } from "../../domain/report.ts";
import { formatCount, formatTokens, plural } from "../format.ts";
import { isUncounted, tokensOf } from "../tokens.ts";

/** A sum of tokens that never passes off as 0 what a tool did not record. */
export function Tokens({ of }: { of: Measures }) {
  const words = `${plural(of.uncountedRequests, "request")} without token counts`;
  if (isUncounted(of)) {
    return (
      <span class="unknown" title={words}>
        not known
      </span>
    );
  }
  const tokens = tokensOf(of);
  return (
    <>
      <span title={formatCount(tokens)}>{formatTokens(tokens)}</span>
      {of.uncountedRequests > 0 && (
        <span class="unknown" title={words}>
          + {formatCount(of.uncountedRequests)} not counted
        </span>
      )}
    </>
  );
}
