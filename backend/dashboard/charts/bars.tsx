import { formatDay } from "../day.ts";
import { formatMoneyShortly, formatTokensShortly } from "../format.ts";
import { bands, labelledIndexes, ticks } from "./scale.ts";
import type { Band } from "./scale.ts";
import { heightOf } from "./stack.ts";
import type { Stack } from "./stack.ts";
import { isTextured } from "./textures.tsx";

export const PLOT = { left: 58, right: 6, top: 10, bottom: 26, height: 276 } as const;

interface Props {
  stack: Stack;
  width: number;
  /** The day being read, or null. */
  active: number | null;
  /** The series whose bars stand out, or null for all. */
  lit: string | null;
}

/** The drawing alone: hidden from screen readers, which get the same numbers as text. */
export function Bars({ stack, width, active, lit }: Props) {
  const plotWidth = Math.max(1, width - PLOT.left - PLOT.right);
  const plotHeight = PLOT.height - PLOT.top - PLOT.bottom;
  const largest = Math.max(0, ...stack.totals.map((total) => heightOf(stack.metric, total)));
  const lines = ticks(largest);
  const top = lines.at(-1) ?? 1;
  const y = (value: number) => PLOT.top + plotHeight - Math.round((value / top) * plotHeight);
  const columns = bands(stack.days.length, plotWidth);
  const current = active === null ? undefined : columns[active];
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${width} ${PLOT.height}`}
      width={width}
      height={PLOT.height}
      aria-hidden="true"
    >
      {lines.map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? "axis" : "grid"}
            x1={PLOT.left}
            x2={width - PLOT.right}
            y1={y(value) + 0.5}
            y2={y(value) + 0.5}
          />
          <text class="tick" x={PLOT.left - 10} y={y(value)} dy="0.32em" text-anchor="end">
            {stack.metric === "value" ? formatMoneyShortly(value) : formatTokensShortly(value)}
          </text>
        </g>
      ))}
      <g transform={`translate(${PLOT.left} 0)`}>
        {current && (
          <rect class="column" x={current.x} width={current.width} y={PLOT.top} height={plotHeight} />
        )}
        {columns.map((band, day) => (
          <Column key={stack.days[day]} stack={stack} day={day} band={band} y={y} lit={lit} />
        ))}
        <DayLabels days={stack.days} columns={columns} width={plotWidth} />
      </g>
    </svg>
  );
}

interface ColumnProps {
  stack: Stack;
  day: number;
  band: Band;
  y: (value: number) => number;
  lit: string | null;
}

function Column({ stack, day, band, y, lit }: ColumnProps) {
  let below = 0n;
  return (
    <g>
      {stack.series.map(({ key, slot, values }) => {
        const bottom = y(heightOf(stack.metric, below));
        below += values[day] ?? 0n;
        const height = bottom - y(heightOf(stack.metric, below));
        // A line of the background between neighbours, where there is room for it.
        const seam = height > 4 ? 1 : 0;
        if (height <= 0) return null;
        const box = { x: band.barX, y: bottom - height, width: band.barWidth, height: height - seam };
        const dim = lit !== null && lit !== key ? " is-dim" : "";
        return (
          <g key={key} class={`segment${dim}`}>
            <rect class={`series-${slot}`} {...box} />
            {isTextured(slot) && <rect fill={`url(#texture-${slot})`} {...box} />}
          </g>
        );
      })}
    </g>
  );
}

function DayLabels({ days, columns, width }: { days: string[]; columns: Band[]; width: number }) {
  return (
    <>
      {labelledIndexes(days.length, width, 64).map((index) => {
        const band = columns[index];
        const day = days[index];
        if (!band || day === undefined) return null;
        const middle = band.x + band.width / 2;
        const anchor = middle > width - 20 ? "end" : middle < 20 ? "start" : "middle";
        const x = anchor === "end" ? width : anchor === "start" ? 0 : middle;
        return (
          <text key={day} class="tick" x={x} y={PLOT.height - 8} text-anchor={anchor}>
            {formatDay(day)}
          </text>
        );
      })}
    </>
  );
}
