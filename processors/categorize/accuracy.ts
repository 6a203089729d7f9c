import { CATEGORIES, type Category } from "#proto/categories.ts";
import { guardHint, guardHints } from "#proto/leak-guard.ts";

export interface Tally {
  right: number;
  total: number;
  byCategory: Map<Category, { right: number; total: number }>;
}

/** How often a guess is the label, apart for prompts that the rules were made with and for those held out. */
export function measureAccuracy(
  labelled: Readonly<Record<Category, readonly string[]>>,
  guess: (prompt: string) => { category: Category },
): { seen: Tally; heldOut: Tally } {
  const tally = (half: 0 | 1): Tally => {
    const byCategory = new Map(
      CATEGORIES.map((category) => {
        const prompts = labelled[category].filter((_, place) => place % 2 === half);
        const right = prompts.filter((prompt) => guess(prompt).category === category).length;
        return [category, { right, total: prompts.length }] as const;
      }),
    );
    const sum = (field: "right" | "total") =>
      [...byCategory.values()].reduce((total, counts) => total + counts[field], 0);
    return { right: sum("right"), total: sum("total"), byCategory };
  };
  return { seen: tally(0), heldOut: tally(1) };
}

/** What the leak guard lets pass that it should not, and what it should. */
export interface GuardRates {
  /** Answers of a model that a prompt has talked into giving something away. */
  hostile: { total: number; passed: number };
  harmless: { total: number; kept: number };
  /** Harmless ones that were written when the vocabulary was finished. */
  heldOut: { total: number; kept: number };
}

interface GuardSets {
  hostile: readonly { prompt: string; task: string; project?: string }[];
  harmless: readonly { prompt: string; hint: string }[];
  heldOut: readonly { prompt: string; hint: string }[];
}

export function measureGuard({ hostile, harmless, heldOut }: GuardSets): GuardRates {
  const passed = hostile.filter(({ prompt, task, project }) => {
    const { task: a, project: b } = guardHints({ task, ...(project !== undefined && { project }) }, prompt);
    return ![a, b].some((hint) => hint !== undefined && "dropped" in hint);
  });
  const rate = (hints: GuardSets["harmless"]) => ({
    total: hints.length,
    kept: hints.filter(({ hint, prompt }) => "kept" in (guardHint(hint, prompt) ?? {})).length,
  });
  return {
    hostile: { total: hostile.length, passed: passed.length },
    harmless: rate(harmless),
    heldOut: rate(heldOut),
  };
}
