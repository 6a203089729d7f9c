import { formatDayFully } from "../day.ts";
import { formatAmount, formatAmountExactly } from "./amount.ts";
import type { Stack } from "./stack.ts";

/** The chart's numbers as a table, newest day first, for people and programs that do not see bars. */
export function Twin({ stack, caption }: { stack: Stack; caption: string }) {
  return (
    <details class="twin">
      <summary>Show the same numbers as a table</summary>
      <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
        <table>
          <caption class="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col" class="figure">
                All
              </th>
              {stack.series.map(({ key, label }) => (
                <th key={key} scope="col" class="figure">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stack.days
              .map((_, index) => <TwinRow key={stack.days[index]} stack={stack} day={index} />)
              .toReversed()}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All days</th>
              {[stack.total, ...stack.series.map(({ total }) => total)].map((amount, index) => (
                <td key={index} class="figure" title={formatAmountExactly(stack.metric, amount)}>
                  {formatAmount(stack.metric, amount)}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
    </details>
  );
}

function TwinRow({ stack, day }: { stack: Stack; day: number }) {
  const amounts = [stack.totals[day] ?? 0n, ...stack.series.map(({ values }) => values[day] ?? 0n)];
  return (
    <tr>
      <th scope="row">{formatDayFully(stack.days[day] ?? "")}</th>
      {amounts.map((amount, index) => (
        <td
          key={index}
          class={amount === 0n ? "figure none" : "figure"}
          title={formatAmountExactly(stack.metric, amount)}
        >
          {formatAmount(stack.metric, amount)}
        </td>
      ))}
    </tr>
  );
}
