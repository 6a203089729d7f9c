import type { Report } from "../../domain/report.ts";
import {
  formatCount,
  formatMoney,
  formatMoneyExactly,
  formatRatio,
  formatTokens,
  money,
  plural,
} from "../format.ts";
import { isUncounted, isUnpriced, tokensOf } from "../tokens.ts";
import { DEFINITIONS } from "../words.ts";
import { Definition } from "./definition.tsx";

interface Headline {
  id: string;
  label: string;
  value: string;
  /** Shown when it says more than the value. */
  exact?: string;
  note?: string;
  /** What the value leaves out. */
  missing?: string | undefined;
  definition: readonly string[];
}

function values({ totals, cache }: Report): Headline[] {
  const value = money(totals.listValue);
  const saving = money(cache.saving);
  const tokens = tokensOf(totals);
  return [
    {
      id: "list-value",
      label: "List value",
      value: isUnpriced(totals) ? "Unknown" : formatMoney(value),
      exact: formatMoneyExactly(value),
      note: "at API list prices, not your bill",
      missing: unpricedNote(totals.unpricedRequests),
      definition: DEFINITIONS.listValue,
    },
    {
      id: "saving",
      label: "Cache saving",
      value: formatMoney(saving),
      exact: formatMoneyExactly(saving),
      note: saving < 0n ? "writes were not read enough" : "at API list prices",
      definition: DEFINITIONS.saving,
    },
    {
      id: "hit-ratio",
      label: "Cache-hit ratio",
      value: formatRatio(cache.hitRatio),
      note: cache.hitRatio === null ? "no input in these days" : "of input tokens, weighted",
      definition: DEFINITIONS.hitRatio,
    },
    {
      id: "tokens",
      label: "Tokens",
      value: isUncounted(totals) ? "Unknown" : formatTokens(tokens),
      exact: formatCount(tokens),
      note: `${formatTokens(totals.output)} of them output`,
      missing: uncountedNote(totals),
      definition: DEFINITIONS.tokens,
    },
  ];
}

function counts({ totals, days }: Report): Headline[] {
  return [
    {
      id: "requests",
      label: "Requests",
      value: formatCount(totals.requests),
      note:
        totals.partialRequests > 0
          ? `${formatCount(totals.partialRequests)} without a final count`
          : "each counted once",
      definition: DEFINITIONS.requests,
    },
    {
      id: "prompts",
      label: "Prompts",
      value: formatCount(totals.prompts),
      note: "sent by people",
      definition: DEFINITIONS.prompts,
    },
    {
      id: "sessions",
      label: "Sessions",
      value: formatCount(totals.sessions),
      note:
        totals.sessions > 0
          ? `${perSession(totals.requests, totals.sessions)} requests each, on average`
          : "none yet",
      definition: DEFINITIONS.sessions,
    },
    {
      id: "developers",
      label: "Active developers",
      value: formatCount(totals.activeDevelopers),
      note: `in ${plural(days.length, "day")}`,
      definition: DEFINITIONS.developers,
    },
  ];
}

function perSession(requests: number, sessions: number): string {
  const mean = requests / sessions;
  return mean < 10 ? mean.toFixed(1) : formatCount(mean);
}

function unpricedNote(count: number): string | undefined {
  return count === 0 ? undefined : `+ ${plural(count, "request")} without a known price`;
}

function uncountedNote({ requests, uncountedRequests }: Report["totals"]): string | undefined {
  if (uncountedRequests === 0) return undefined;
  return `${formatCount(uncountedRequests)} of ${plural(requests, "request")} without token counts`;
}

export function Numbers({ report }: { report: Report }) {
  return (
    <section aria-labelledby="numbers-title">
      <h2 id="numbers-title" class="visually-hidden">
        In numbers
      </h2>
      <dl class="numbers card">
        {[...values(report), ...counts(report)].map((headline) => (
          <Number key={headline.id} {...headline} />
        ))}
      </dl>
    </section>
  );
}

function Number({ id, label, value, exact, note, missing, definition }: Headline) {
  return (
    <div class="number" data-number={id}>
      <dt>
        {label}
        <Definition term={label.toLowerCase()}>
          {definition.map((sentence) => (
            <span key={sentence} class="sentence">
              {sentence}
            </span>
          ))}
          {exact !== undefined && exact !== value && (
            <span class="sentence exact">
              Here exactly <b>{exact}</b>
            </span>
          )}
        </Definition>
      </dt>
      <dd class="value" title={exact}>
        {value}
      </dd>
      {note !== undefined && <dd class="note">{note}</dd>}
      {missing !== undefined && <dd class="note missing">{missing}</dd>}
    </div>
  );
}
