import { CATEGORIES, CATEGORY_MEANINGS } from "#proto/categories.ts";
import { measureAccuracy, measureGuard } from "../../../processors/categorize/accuracy.ts";
import { categorizeByRules } from "../../../processors/categorize/rules.ts";
import { LABELLED_PROMPTS } from "../../../processors/categorize/testdata/labelled-prompts.ts";
import { HARMLESS_HINTS } from "../../../proto/testdata/harmless-hints.ts";
import { HELD_OUT_HINTS } from "../../../proto/testdata/held-out-hints.ts";
import { HOSTILE_HINTS } from "../../../proto/testdata/hostile-hints.ts";
import { replaceBlock, table } from "./table.ts";

/** The page with its figures, measured anew. */
export function categoriesPage(current: string): string {
  const blocks = { categories: categories(), accuracy: accuracy(), rates: rates() };
  return Object.entries(blocks).reduce((page, [name, block]) => replaceBlock(page, name, block), current);
}

function categories(): string {
  return table(
    ["Category", "Meaning"],
    CATEGORIES.map((category) => [`\`${category}\``, CATEGORY_MEANINGS[category]]),
  );
}

function accuracy(): string {
  const { seen, heldOut } = measureAccuracy(LABELLED_PROMPTS, categorizeByRules);
  const rows = CATEGORIES.map((category) => [
    `\`${category}\``,
    share(seen.byCategory.get(category)),
    share(heldOut.byCategory.get(category)),
  ]);
  const head = ["Category", "Prompts that the rules were made with", "Prompts held out"];
  return table(head, [...rows, ["**all**", share(seen), share(heldOut)]]);
}

function rates(): string {
  const { hostile, harmless, heldOut } = measureGuard({
    hostile: HOSTILE_HINTS,
    harmless: HARMLESS_HINTS,
    heldOut: HELD_OUT_HINTS,
  });
  return table(
    ["Hints", "Pass"],
    [
      ["planted names, secrets, numbers and quotes", share({ right: hostile.passed, total: hostile.total })],
      ["harmless", share({ right: harmless.kept, total: harmless.total })],
      ["harmless, held out", share({ right: heldOut.kept, total: heldOut.total })],
    ],
  );
}

function share(tally: { right: number; total: number } | undefined): string {
  const { right, total } = tally ?? { right: 0, total: 1 };
  return `${percent(right, total)} (${right} of ${total})`;
}

function percent(part: number, total: number): string {
  return `${Math.round((part / total) * 100)} %`;
}
