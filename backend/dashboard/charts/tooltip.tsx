import { formatDayFully } from "../day.ts";
import { formatAmount } from "./amount.ts";
import { PLOT } from "./bars.tsx";
import { bands } from "./scale.ts";
import type { Stack } from "./stack.ts";
import { Swatch } from "./textures.tsx";

const WIDTH = 264;

interface Props {
  stack: Stack;
  day: number;
  width: number;
}

/** One day's numbers beside its bar. Screen readers hear the same from the slider. */
export function Tooltip({ stack, day, width }: Props) {
  const band = bands(stack.days.length, width - PLOT.left - PLOT.right)[day];
  const middle = PLOT.left + (band ? band.x + band.width / 2 : 0);
  const beside = middle + 14 + WIDTH <= width ? middle + 14 : middle - 14 - WIDTH;
  const left = Math.min(Math.max(0, beside), Math.max(0, width - WIDTH));
  const rows = stack.series.filter(({ values }) => (values[day] ?? 0n) !== 0n).toReversed();
  return (
    <div
      class="tooltip"
      style={{ left: `${left}px`, width: `${Math.min(WIDTH, width)}px` }}
      aria-hidden="true"
    >
      <p class="tooltip-head">
        <span>{formatDayFully(stack.days[day] ?? "")}</span>
        <b>{formatAmount(stack.metric, stack.totals[day] ?? 0n)}</b>
      </p>
      {rows.map(({ key, slot, label, values }) => (
        <p key={key} class="tooltip-row">
          <Swatch slot={slot} />
          <span class="tooltip-label">{label}</span>
          <span>{formatAmount(stack.metric, values[day] ?? 0n)}</span>
        </p>
      ))}
      {rows.length === 0 && <p class="tooltip-row">Nothing on this day.</p>}
    </div>
  );
}
