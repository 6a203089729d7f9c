import { useEffect, useMemo, useRef } from "preact/hooks";
import type { CategorizeCost, CategoryReport } from "../../domain/category-report.ts";
import type { Me, Report } from "../../domain/report.ts";
import type { Api } from "../api.ts";
import { Chart } from "../charts/chart.tsx";
import { share, type Stack, stackOf } from "../charts/stack.ts";
import { Twin } from "../charts/twin.tsx";
import { formatDays } from "../day.ts";
import { formatCount, formatMoney, formatMoneyExactly, money, plural } from "../format.ts";
import { useAnswer } from "../use-answer.ts";
import { CATEGORY_WORDS } from "../words.ts";

interface Props {
  report: Report;
  mode: Me["mode"];
  api: Pick<Api, "categories" | "categorizeCost">;
}

const METHOD_WORDS = {
  haiku: "by Claude Haiku",
  ollama: "by a model on the machine",
  rules: "by fixed rules",
};

/**
 * What kind of work the prompts asked for, of the team as a whole. Nothing is shown, and no space taken, while the team
 * has no categories.
 */
export function WorkMix({ report: { range, version }, mode, api }: Props) {
  const mix = useAnswer(() => api.categories(range));
  const costs = mode === "categorize_cloud" || mode === "full";
  const cost = useAnswer(async () => (costs ? api.categorizeCost() : null));
  const hasAny = mix.data !== null && hasCategories(mix.data);
  const known = useRef(version);
  const again = useRef({ mix, cost, isIdle: false });
  again.current = { mix, cost, isIdle: mode === "off" && !hasAny };
  useEffect(() => {
    if (known.current === version) return;
    known.current = version;
    // A team without categories does not ask for them with each request that comes in.
    if (again.current.isIdle) return;
    void again.current.mix.reload();
    void again.current.cost.reload();
  }, [version]);
  // A team that has just begun sees that they are coming.
  if (mix.data === null || (!hasAny && mode === "off")) return null;
  return <Mix mix={mix.data} cost={cost.data} />;
}

function hasCategories({ rows, unsplit }: CategoryReport): boolean {
  return rows.length > 0 || unsplit.some((prompts) => prompts > 0);
}

function Mix({ mix, cost }: { mix: CategoryReport; cost: CategorizeCost | null }) {
  const drawn = useMemo(() => stackMix(mix), [mix]);
  const finding = findingOf(mix);
  return (
    <section class="card trend work-mix" aria-labelledby="work-title">
      <div class="card-head">
        <div>
          <h2 id="work-title">Kinds of work</h2>
          <p class="finding">{finding}</p>
        </div>
      </div>
      {drawn.total > 0n && (
        <>
          <figure aria-labelledby="work-title">
            <Chart stack={drawn} label="Prompts by kind of work" compares />
            <figcaption class="visually-hidden">{finding}</figcaption>
          </figure>
          <Twin
            stack={drawn}
            caption={`Prompts by kind of work, ${formatDays(mix.range.from, mix.range.to)}`}
          />
          <AllKinds mix={mix} />
        </>
      )}
      <p class="fine">{foundBy(mix)}</p>
      {sum(mix.unsplit) > 0 && (
        <p class="fine">
          {plural(sum(mix.unsplit), "prompt")} of days with fewer than {plural(mix.floor, "person", "people")}{" "}
          {sum(mix.unsplit) === 1 ? "is" : "are"} not told apart: a mix of too few would be somebody's own.
        </p>
      )}
      {cost !== null && <Price cost={cost} />}
    </section>
  );
}

const UNSPLIT = { key: "unsplit", label: "Not told apart" };

function stackMix({ days, rows, unsplit }: CategoryReport): Stack {
  const series = rows
    .map(({ category, prompts }) => ({ key: category, label: CATEGORY_WORDS[category], prompts }))
    .toSorted((a, b) => sum(b.prompts) - sum(a.prompts));
  const all = sum(unsplit) > 0 ? [...series, { ...UNSPLIT, prompts: unsplit }] : series;
  return stackOf(
    "prompts",
    days,
    all.map(({ key, label, prompts }) => ({
      key,
      label,
      values: prompts.map(BigInt),
      total: BigInt(sum(prompts)),
    })),
  );
}

function findingOf({ rows, unsplit, prompts }: CategoryReport): string {
  const split = rows.reduce((total, row) => total + sum(row.prompts), 0);
  const categorized = split + sum(unsplit);
  if (categorized === 0) return "No prompt of these days has a category yet.";
  const of = `${formatCount(categorized)} of ${plural(Math.max(categorized, sum(prompts)), "prompt")} have a category.`;
  const [most] = rows.toSorted((a, b) => sum(b.prompts) - sum(a.prompts));
  if (most === undefined) return of;
  const part = share(BigInt(sum(most.prompts)), BigInt(split));
  return `${CATEGORY_WORDS[most.category]} most of all: ${part}. ${of}`;
}

function foundBy({ methods }: CategoryReport): string {
  if (methods === null) return "Of the whole team, never of a person.";
  const parts = (["haiku", "ollama", "rules"] as const)
    .filter((method) => methods[method] > 0)
    .map((method) => `${formatCount(methods[method])} ${METHOD_WORDS[method]}`);
  return `${parts.length > 0 ? `Found ${parts.join(", ")}. ` : ""}Of the whole team, never of a person.`;
}

/** The chart folds the smaller kinds into one. */
function AllKinds({ mix: { rows } }: { mix: CategoryReport }) {
  const all = BigInt(rows.reduce((total, row) => total + sum(row.prompts), 0));
  return (
    <details class="twin">
      <summary>Show all kinds</summary>
      <div class="scroll" role="region" aria-label="Prompts by kind of work, table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Kind of work</th>
              <th scope="col" class="figure">
                Prompts
              </th>
              <th scope="col" class="figure">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {rows
              .toSorted((a, b) => sum(b.prompts) - sum(a.prompts))
              .map(({ category, prompts }) => (
                <tr key={category}>
                  <th scope="row">{CATEGORY_WORDS[category]}</th>
                  <td class="figure">{formatCount(sum(prompts))}</td>
                  <td class="figure">{share(BigInt(sum(prompts)), all)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Price({ cost }: { cost: CategorizeCost }) {
  if (!cost.configured) {
    return (
      <p class="fine" data-cost="unconfigured">
        This server has no key for Claude: prompts wait on the machines, encrypted, until it has one.
      </p>
    );
  }
  const [spent, cap] = [money(cost.cost), money(cost.cap)];
  return (
    <p class="fine" data-cost="month">
      Finding out cost <b title={formatMoneyExactly(spent)}>{formatMoney(spent)}</b> of at most{" "}
      {formatMoney(cap)} this month
      {cost.perPrompt !== null && (
        <>
          , <b title={formatMoneyExactly(money(cost.perPrompt))}>{formatMoney(money(cost.perPrompt))}</b> a
          prompt
        </>
      )}
      .{cost.unknownCalls > 0 && ` ${plural(cost.unknownCalls, "call")} of unknown cost not counted.`}
    </p>
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
