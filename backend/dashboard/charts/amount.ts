import { formatCount, formatMoney, formatMoneyExactly, formatTokens } from "../format.ts";
import type { Money } from "../format.ts";
import type { Unit } from "./stack.ts";

export function formatAmount(metric: Unit, amount: Money): string {
  return metric === "value" ? formatMoney(amount) : formatTokens(Number(amount));
}

export function formatAmountExactly(metric: Unit, amount: Money): string {
  return metric === "value" ? formatMoneyExactly(amount) : formatCount(Number(amount));
}
