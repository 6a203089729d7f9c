import { useMemo } from "preact/hooks";
import type { Report } from "../../domain/report.ts";
import { formatAmount } from "../charts/amount.ts";
import { Chart } from "../charts/chart.tsx";
import { stack } from "../charts/stack.ts";
import { Twin } from "../charts/twin.tsx";
import { formatDay, formatDays } from "../day.ts";
import { plural } from "../format.ts";
import { DIMENSIONS } from "../range.ts";
import type { Metric, View } from "../range.ts";
import { DIMENSION_WORDS, labelOf } from "../words.ts";
import { Choice } from "./choice.tsx";

interface Props {
  report: Report;
  view: View;
  onView: (view: View) => void;
}

const METRICS: { value: Metric; label: string }[] = [
  { value: "value", label: "List value" },
  { value: "tokens", label: "Tokens" },
];

/** The main chart with its controls, what it says in a sentence, and the same numbers as a table. */
export function Trend({ report, view, onView }: Props) {
  const { by } = report.series;
  const drawn = useMemo(() => {
    const made = stack(report, view.metric);
    return { ...made, series: made.series.map((row) => ({ ...row, label: labelOf(by, row) })) };
  }, [report, by, view.metric]);
  const what = view.metric === "value" ? "List value" : "Tokens";
  const label = `${what} by ${DIMENSION_WORDS[by].toLowerCase()}`;
  return (
    <section class="card trend" aria-labelledby="trend-title">
      <div class="card-head">
        <div>
          <h2 id="trend-title">{what} per day</h2>
          <p class="finding">{finding(drawn)}</p>
        </div>
        <div class="controls">
          <Choice
            label="What the bars show"
            options={METRICS}
            chosen={view.metric}
            onChoose={(metric) => onView({ ...view, metric })}
          />
          <Choice
            label="What the bars are divided by"
            options={DIMENSIONS.map((value) => ({ value, label: DIMENSION_WORDS[value] }))}
            chosen={view.by}
            onChoose={(chosen) => onView({ ...view, by: chosen })}
          />
        </div>
      </div>
      <figure aria-labelledby="trend-title">
        <Chart stack={drawn} label={label} compares={by !== "developer"} />
        <figcaption class="visually-hidden">{finding(drawn)}</figcaption>
      </figure>
      {view.metric === "value" && report.totals.unpricedRequests > 0 && (
        <p class="fine unpriced-note">
          {plural(report.totals.unpricedRequests, "request")} without a known price{" "}
          {report.totals.unpricedRequests === 1 ? "is" : "are"} in no bar.
        </p>
      )}
      {view.metric === "tokens" && report.totals.uncountedRequests > 0 && (
        <p class="fine unpriced-note">
          {plural(report.totals.uncountedRequests, "request")} without token counts{" "}
          {report.totals.uncountedRequests === 1 ? "is" : "are"} in no bar.
        </p>
      )}
      <Twin stack={drawn} caption={`${label}, ${formatDays(report.range.from, report.range.to)}`} />
    </section>
  );
}

function finding({ metric, days, totals, total }: ReturnType<typeof stack>): string {
  const busiest = totals.reduce((best, value, index) => (value > (totals[best] ?? 0n) ? index : best), 0);
  const used = totals.filter((value) => value > 0n).length;
  if (used === 0) return "Nothing in these days.";
  const unit = metric === "value" ? "" : ` ${metric}`;
  const mean = formatAmount(metric, total / BigInt(used));
  return `${mean}${unit} on an average day with use; most on ${formatDay(days[busiest] ?? "")}: ${formatAmount(metric, totals[busiest] ?? 0n)}.`;
}
