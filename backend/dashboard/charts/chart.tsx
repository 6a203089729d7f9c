import { useState } from "preact/hooks";
import { formatDayFully } from "../day.ts";
import { formatAmount } from "./amount.ts";
import { Bars, PLOT } from "./bars.tsx";
import { indexAt } from "./scale.ts";
import { share } from "./stack.ts";
import type { Stack } from "./stack.ts";
import { Swatch } from "./textures.tsx";
import { Tooltip } from "./tooltip.tsx";
import { useWidth } from "./width.ts";

interface Props {
  stack: Stack;
  /** What the bars show, read before a day's numbers. */
  label: string;
  /** Shares of the whole in the legend. Never for people. */
  compares: boolean;
}

const KEYS: Record<string, (day: number, count: number) => number | null> = {
  ArrowRight: (day, count) => Math.min(count - 1, day + 1),
  ArrowUp: (day, count) => Math.min(count - 1, day + 1),
  ArrowLeft: (day) => Math.max(0, day - 1),
  ArrowDown: (day) => Math.max(0, day - 1),
  PageUp: (day, count) => Math.min(count - 1, day + 7),
  PageDown: (day) => Math.max(0, day - 7),
  Home: () => 0,
  End: (_, count) => count - 1,
  Escape: () => null,
};

/**
 * Stacked bars per day. To a keyboard and to screen readers it is a slider over the days: each step reads one day.
 */
export function Chart({ stack, label, compares }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const [read, setRead] = useState<number | null>(null);
  const [lit, setLit] = useState<string | null>(null);
  const count = stack.days.length;
  // A live update may shorten the range under the reader.
  const active = read === null || read >= count ? null : read;
  const spoken = active ?? count - 1;

  const readAt = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box)
      setRead(indexAt(event.clientX - box.left - PLOT.left, count, box.width - PLOT.left - PLOT.right));
  };
  const readByKey = (event: KeyboardEvent) => {
    const move = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
    if (!move) return;
    event.preventDefault();
    setRead(active === null && event.key !== "Escape" ? count - 1 : move(spoken, count));
  };

  return (
    <>
      <div
        class="chart"
        ref={frame}
        role="slider"
        tabIndex={0}
        aria-label={`${label}, by day. Arrow keys read the days`}
        aria-valuemin={1}
        aria-valuemax={count}
        aria-valuenow={spoken + 1}
        aria-valuetext={dayInWords(stack, spoken)}
        onPointerMove={readAt}
        onPointerDown={readAt}
        onPointerLeave={() => setRead(null)}
        onBlur={() => setRead(null)}
        onKeyDown={readByKey}
      >
        {width > 0 && <Bars stack={stack} width={width} active={active} lit={lit} />}
        {active !== null && width > 0 && <Tooltip stack={stack} day={active} width={width} />}
      </div>
      <Legend stack={stack} compares={compares} onLight={setLit} />
    </>
  );
}

function dayInWords(stack: Stack, day: number): string {
  const total = stack.totals[day] ?? 0n;
  const unit = stack.metric === "value" ? "" : ` ${stack.metric}`;
  const parts = stack.series
    .filter(({ values }) => (values[day] ?? 0n) !== 0n)
    .map(({ label, values }) => `${label} ${formatAmount(stack.metric, values[day] ?? 0n)}`);
  const head = `${formatDayFully(stack.days[day] ?? "")}: ${formatAmount(stack.metric, total)}${unit}`;
  return parts.length > 0 ? `${head}; ${parts.join(", ")}` : head;
}

interface LegendProps extends Pick<Props, "stack" | "compares"> {
  onLight: (key: string | null) => void;
}

function Legend({ stack, compares, onLight }: LegendProps) {
  return (
    <ul class="legend">
      {stack.series.map(({ key, label, slot, total }) => (
        <li key={key} onPointerEnter={() => onLight(key)} onPointerLeave={() => onLight(null)}>
          <Swatch slot={slot} />
          <span class="legend-label">{label}</span>
          <span class="legend-value">{formatAmount(stack.metric, total)}</span>
          {compares && <span class="legend-share">{share(total, stack.total)}</span>}
        </li>
      ))}
    </ul>
  );
}
