import { formatCount, formatMoney, formatMoneyExactly, formatTokens } from "../format.ts";
import type { Money } from "../format.ts";
import type { Metric } from "../range.ts";

export function formatAmount(metric: Metric, amount: Money): string {
  return metric === "value" ? formatMoney(amount) : formatTokens(Number(amount));
}

export function formatAmountExactly(metric: Metric, amount: Money): string {
  return metric === "value" ? formatMoneyExactly(amount) : formatCount(Number(amount));
}
