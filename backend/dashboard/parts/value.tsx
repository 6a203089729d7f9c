import type { Measures } from "../../domain/report.ts";
import { formatCount, formatMoney, formatMoneyExactly, money, plural } from "../format.ts";
import { isUncounted, isUnpriced } from "../tokens.ts";

/** A list value that never passes an unknown price off as 0. */
export function ListValue({ of }: { of: Measures }) {
  const isUnknown = isUncounted(of);
  const words = isUnknown
    ? `${plural(of.uncountedRequests, "request")} without token counts`
    : `${plural(of.unpricedRequests, "request")} without a known price`;
  if (isUnpriced(of)) {
    return (
      <span class="unknown" title={words}>
        {isUnknown ? "not known" : "no known price"}
      </span>
    );
  }
  const value = money(of.listValue);
  return (
    <>
      <span title={formatMoneyExactly(value)}>{formatMoney(value)}</span>
      {of.unpricedRequests > 0 && (
        <span class="unknown" title={words}>
          + {formatCount(of.unpricedRequests)} unpriced
        </span>
      )}
    </>
  );
}
