import type { Dimension, Group, Measures, Report, SessionRow } from "../../domain/report.ts";
import { addDays, daysBetween } from "../day.ts";
import { PRICES, TIME_ZONE } from "./invented-team.ts";
import type { Fact } from "./invented-team.ts";

/** A straight fold of every fact: slow, plain and independent of the code it helps to test. */

export interface Names {
  developers: Map<string, string>;
  projects: Map<string, string>;
}

const KEY: Record<Dimension, (fact: Fact) => string> = {
  model: (fact) => fact.model,
  project: (fact) => fact.project,
  developer: (fact) => fact.developer,
  origin: (fact) => fact.origin,
  source: (fact) => fact.source,
};

export function valueOf({ model, counts, counted }: Fact): bigint | null {
  const price = PRICES[model];
  if (!price || !counted) return null;
  const parts = [counts.input, counts.cacheRead, counts.cacheWrite5m, counts.cacheWrite1h, counts.output];
  return parts.reduce((total, count, kind) => total + BigInt(count) * (price[kind] ?? 0n), 0n);
}

export function tokensIn({ counts }: Fact): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

export function measure(facts: Fact[]): Measures {
  const total = (pick: (fact: Fact) => number) => facts.reduce((all, fact) => all + pick(fact), 0);
  const unpriced = facts.filter((fact) => valueOf(fact) === null);
  return {
    requests: facts.length,
    input: total((fact) => fact.counts.input),
    cacheRead: total((fact) => fact.counts.cacheRead),
    cacheWrite5m: total((fact) => fact.counts.cacheWrite5m),
    cacheWrite1h: total((fact) => fact.counts.cacheWrite1h),
    output: total((fact) => fact.counts.output),
    webSearches: Math.floor(facts.length / 240),
    listValue: String(facts.reduce((all, fact) => all + (valueOf(fact) ?? 0n), 0n)),
    unpricedRequests: unpriced.length,
    unpricedTokens: unpriced.reduce((all, fact) => all + tokensIn(fact), 0),
    partialRequests: facts.filter((fact) => fact.partial).length,
    uncountedRequests: facts.filter((fact) => !fact.counted).length,
    selectedRequests: facts.filter((fact) => fact.source === "cursor").length,
  };
}

function by<T>(facts: Fact[], key: (fact: Fact) => T): Map<T, Fact[]> {
  return Map.groupBy(facts, key);
}

function label(dimension: Dimension, key: string, names: Names): string {
  if (dimension === "developer") return names.developers.get(key) || key.slice(0, 8);
  if (dimension === "project") return names.projects.get(key) || key.slice(0, 8);
  return key;
}

export function foldReport(
  all: Fact[],
  from: string,
  to: string,
  options: { by: Dimension; names: Names; version: number },
): Report {
  const facts = all.filter(({ day }) => day >= from && day <= to);
  const days = Array.from({ length: daysBetween(from, to) }, (_, index) => addDays(from, index));
  const perDay = by(facts, ({ day }) => day);
  const groupsOf = (dimension: Dimension): Group[] =>
    [...by(facts, KEY[dimension])]
      .map(([key, rows]) => ({
        ...measure(rows),
        key,
        label: label(dimension, key, options.names),
        sessions: new Set(rows.map(({ session }) => session)).size,
      }))
      .toSorted((a, b) => Number(BigInt(b.listValue) - BigInt(a.listValue)));
  const totals = measure(facts);
  const input = totals.input + totals.cacheRead + totals.cacheWrite5m + totals.cacheWrite1h;
  const rows = groupsOf(options.by).map(({ key, label: name }) => {
    const mine = days.map((day) => (perDay.get(day) ?? []).filter((fact) => KEY[options.by](fact) === key));
    return {
      key,
      label: name,
      listValue: mine.map((some) => measure(some).listValue),
      tokens: mine.map((some) => some.reduce((sum, fact) => sum + tokensIn(fact), 0)),
    };
  });
  return {
    range: { from, to, timeZone: TIME_ZONE },
    totals: {
      ...totals,
      sessions: new Set(facts.map(({ session }) => session)).size,
      activeDevelopers: new Set(facts.map(({ developer }) => developer)).size,
      prompts: facts.filter(({ prompted }) => prompted).length,
    },
    cache: { hitRatio: input === 0 ? null : totals.cacheRead / input, saving: String(savingOf(facts)) },
    days: days.map((day) => ({ ...measure(perDay.get(day) ?? []), day })),
    groups: {
      model: groupsOf("model"),
      project: groupsOf("project"),
      developer: groupsOf("developer"),
      origin: groupsOf("origin"),
      source: groupsOf("source"),
    },
    series: { by: options.by, rows },
    version: options.version,
  };
}

function savingOf(facts: Fact[]): bigint {
  return facts.reduce((all, { model, counts }) => {
    const price = PRICES[model];
    if (!price) return all;
    const [input, read, write5m, write1h] = price;
    return (
      all +
      BigInt(counts.cacheRead) * (input - read) -
      BigInt(counts.cacheWrite5m) * (write5m - input) -
      BigInt(counts.cacheWrite1h) * (write1h - input)
    );
  }, 0n);
}

export function foldSessions(all: Fact[], from: string, to: string, names: Names): SessionRow[] {
  const facts = all.filter(({ day }) => day >= from && day <= to);
  return [...by(facts, ({ session }) => session)]
    .map(([id, unsorted]) => {
      const rows = unsorted.toSorted((a, b) => a.at - b.at);
      const [first] = rows;
      const gaps = rows.slice(1).map((fact, index) => Math.min(300_000, fact.at - (rows[index]?.at ?? 0)));
      const { developer = "", project = "", at = 0 } = first ?? {};
      return {
        ...measure(rows),
        id,
        developer: { id: developer, label: label("developer", developer, names) },
        project: { hash: project, label: label("project", project, names) },
        startedAt: at,
        endedAt: rows.at(-1)?.at ?? 0,
        activeMs: gaps.reduce((sum, gap) => sum + gap, 0),
        prompts: rows.filter(({ prompted }) => prompted).length,
        models: [...new Set(rows.map(({ model }) => model))].toSorted(),
        sources: [...new Set(rows.map(({ source }) => source))].toSorted(),
      };
    })
    .toSorted((a, b) => b.startedAt - a.startedAt);
}
