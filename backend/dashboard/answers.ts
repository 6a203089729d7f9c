import { CATEGORIES } from "#proto/categories.ts";
import type { CategorizeCost, CategoryReport } from "../domain/category-report.ts";
import type { ApiError, Dimension, Group, Me, Report, SessionsPage, Version } from "../domain/report.ts";
import { ROLES } from "../domain/role.ts";
import { isCount, isFlag, isListOf, isMoney, isNullOr, isNumber, isOneOf, isShape, isText } from "./guard.ts";
import type { Guard } from "./guard.ts";
import { DIMENSIONS } from "./range.ts";

const measures = {
  requests: isCount,
  input: isCount,
  cacheRead: isCount,
  cacheWrite5m: isCount,
  cacheWrite1h: isCount,
  output: isCount,
  webSearches: isCount,
  listValue: isMoney,
  unpricedRequests: isCount,
  unpricedTokens: isCount,
  partialRequests: isCount,
  uncountedRequests: isCount,
  selectedRequests: isCount,
};

const isGroups: Guard<Group[]> = isListOf(
  isShape({ ...measures, key: isText, label: isText, sessions: isCount }),
);

const isAllGroups: Guard<Record<Dimension, Group[]>> = isShape({
  model: isGroups,
  project: isGroups,
  developer: isGroups,
  origin: isGroups,
  source: isGroups,
});

const isReportShape: Guard<Report> = isShape({
  range: isShape({ from: isText, to: isText, timeZone: isText }),
  totals: isShape({ ...measures, sessions: isCount, activeDevelopers: isCount, prompts: isCount }),
  cache: isShape({ hitRatio: isNullOr(isNumber), saving: isMoney }),
  days: isListOf(isShape({ ...measures, day: isText })),
  groups: isAllGroups,
  series: isShape({
    by: isOneOf(DIMENSIONS),
    rows: isListOf(
      isShape({ key: isText, label: isText, listValue: isListOf(isMoney), tokens: isListOf(isCount) }),
    ),
  }),
  version: isNumber,
});

/** A series that is not aligned with the days would draw a value on the wrong day. */
export const isReport: Guard<Report> = (value): value is Report =>
  isReportShape(value) &&
  value.series.rows.every(
    (row) => row.listValue.length === value.days.length && row.tokens.length === value.days.length,
  );

export const isSessionsPage: Guard<SessionsPage> = isShape({
  sessions: isListOf(
    isShape({
      ...measures,
      id: isText,
      developer: isShape({ id: isText, label: isText }),
      project: isNullOr(isShape({ hash: isText, label: isText })),
      startedAt: isNumber,
      endedAt: isNumber,
      activeMs: isNumber,
      prompts: isCount,
      models: isListOf(isText),
      sources: isListOf(isText),
    }),
  ),
  next: isNullOr(isText),
});

export const isMe: Guard<Me> = isShape({
  team: isShape({ id: isText, name: isText, timeZone: isText }),
  viewer: isShape({ id: isText, label: isText, role: isOneOf(ROLES) }),
  demo: isFlag,
  days: isNullOr(isShape({ first: isText, last: isText })),
  mode: isOneOf(["off", "categorize_local", "categorize_cloud", "full"]),
  version: isNumber,
});

const isCategoryShape: Guard<CategoryReport> = isShape({
  range: isShape({ from: isText, to: isText, timeZone: isText }),
  days: isListOf(isText),
  prompts: isListOf(isCount),
  rows: isListOf(isShape({ category: isOneOf(CATEGORIES), prompts: isListOf(isCount) })),
  unsplit: isListOf(isCount),
  methods: isNullOr(isShape({ rules: isCount, ollama: isCount, haiku: isCount })),
  floor: isCount,
  version: isNumber,
});

/** As with the report: what is not aligned with the days would be drawn on the wrong ones. */
export const isCategoryReport: Guard<CategoryReport> = (value): value is CategoryReport =>
  isCategoryShape(value) &&
  [value.prompts, value.unsplit, ...value.rows.map(({ prompts }) => prompts)].every(
    (each) => each.length === value.days.length,
  );

export const isCategorizeCost: Guard<CategorizeCost> = isShape({
  month: isText,
  calls: isCount,
  unknownCalls: isCount,
  cost: isMoney,
  perPrompt: isNullOr(isMoney),
  cap: isMoney,
  capIsDefault: isFlag,
  model: isText,
  configured: isFlag,
});

export const isVersion: Guard<Version> = isShape({ version: isNumber });
export const isApiError: Guard<ApiError> = isShape({ error: isShape({ code: isText, message: isText }) });
