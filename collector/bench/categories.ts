import process from "node:process";
import { CATEGORIES, type Category } from "#proto/categories.ts";
import { guardHints } from "#proto/leak-guard.ts";
import { measureAccuracy, measureGuard, type Tally } from "../../processors/categorize/accuracy.ts";
import { CategorizeConfig } from "../../processors/categorize/config.ts";
import { ollamaEndpoint, OllamaModel } from "../../processors/categorize/ollama.ts";
import { categorizeByRules } from "../../processors/categorize/rules.ts";
import { LABELLED_PROMPTS } from "../../processors/categorize/testdata/labelled-prompts.ts";
import { HARMLESS_HINTS } from "../../proto/testdata/harmless-hints.ts";
import { HELD_OUT_HINTS } from "../../proto/testdata/held-out-hints.ts";
import { HOSTILE_HINTS } from "../../proto/testdata/hostile-hints.ts";
import type { Benchmark, BenchOptions, Finding } from "./benchmark.ts";
import { figure, median } from "./statistics.ts";

const LONG_PROMPT = LABELLED_PROMPTS.debug.join("\n").repeat(500);

type Labelled = Readonly<Record<Category, readonly string[]>>;

export const categories: Benchmark = {
  name: "categories",
  title: "Categories, and the leak guard",
  about:
    "How often the rules, and a model of Ollama where `OLLAMA_HOST` answers, give a labelled prompt its category; what the " +
    "leak guard lets pass; and what both cost.",
  run: measure,
};

async function measure({ quick, progress }: BenchOptions): Promise<Finding> {
  const labelled = quick ? someOf(LABELLED_PROMPTS) : LABELLED_PROMPTS;
  const columns: [name: string, measured: ReturnType<typeof measureAccuracy>][] = [
    ["rules", measureAccuracy(labelled, categorizeByRules)],
  ];
  const config = modelConfig();
  const guesses = config && (await askModel(config, labelled, progress));
  if (config !== undefined && guesses !== undefined) {
    columns.push([
      config.model,
      measureAccuracy(labelled, (prompt) => ({ category: guesses.get(prompt) ?? "other" })),
    ]);
  }
  const head = ["category", ...columns.flatMap(([name]) => [`${name}, in view`, `${name}, held out`])];
  const rows = CATEGORIES.map((category) => [
    category,
    ...columns.flatMap(([, { seen, heldOut }]) => [of(seen, category), of(heldOut, category)]),
  ]);
  const sums = ["all", ...columns.flatMap(([, { seen, heldOut }]) => [percent(seen), percent(heldOut)])];
  return {
    tables: [[head, ...rows, sums], rates(), costs(quick ? 3 : 15)],
    notes:
      guesses === undefined
        ? ["No model was reachable: `OLLAMA_HOST` is not set, or does not answer with the model."]
        : [],
  };
}

function rates(): string[][] {
  const { hostile, harmless, heldOut } = measureGuard({
    hostile: HOSTILE_HINTS,
    harmless: HARMLESS_HINTS,
    heldOut: HELD_OUT_HINTS,
  });
  return [
    ["hints", "pass", "of"],
    ["planted names, secrets, numbers and quotes", figure(hostile.passed), figure(hostile.total)],
    ["harmless", figure(harmless.kept), figure(harmless.total)],
    ["harmless, held out", figure(heldOut.kept), figure(heldOut.total)],
  ];
}

function costs(rounds: number): string[][] {
  const [short = ""] = LABELLED_PROMPTS.feature;
  const hints = { task: "Add a theme switch for each account", project: "web application" };
  const jobs: [string, () => unknown][] = [
    ["rules, a prompt of a line", () => categorizeByRules(short)],
    [`rules, a prompt of ${size(LONG_PROMPT)}`, () => categorizeByRules(LONG_PROMPT)],
    ["leak guard, a prompt of a line", () => guardHints(hints, short)],
    [`leak guard, a prompt of ${size(LONG_PROMPT)}`, () => guardHints(hints, LONG_PROMPT)],
  ];
  const rows = jobs.map(([name, run]) => [
    name,
    figure(median(Array.from({ length: rounds }, () => timeOf(run)))),
  ]);
  return [["", "median ms"], ...rows];
}

function timeOf(run: () => unknown): number {
  const begun = performance.now();
  run();
  return performance.now() - begun;
}

function modelConfig(): CategorizeConfig | undefined {
  const host = process.env["OLLAMA_HOST"] ?? "";
  if (host === "") return undefined;
  const endpoint = host.includes("://") ? host : `http://${host}`;
  return CategorizeConfig.safeParse({ provider: "ollama", endpoint, timeout: "5m" }).data;
}

/** Undefined when it does not answer. A prompt without an answer counts as wrong. */
async function askModel(
  config: CategorizeConfig,
  labelled: Labelled,
  progress: (text: string) => void,
): Promise<Map<string, Category> | undefined> {
  const clock = { now: Date.now, after: startTimer };
  const { model, timeout: timeoutMs } = config;
  const endpoint = ollamaEndpoint(config);
  const asked = new OllamaModel({ clock, endpoint, model, timeoutMs, power: undefined });
  const guesses = new Map<string, Category>();
  for (const [category, prompts] of Object.entries(labelled)) {
    progress(category);
    for (const prompt of prompts) {
      // oxlint-disable-next-line no-await-in-loop -- one question at a time
      const said = await asked.ask(prompt, new AbortController().signal);
      if (said.kind === "answer") guesses.set(prompt, said.answer.category);
      else if (guesses.size === 0) return undefined;
    }
  }
  return guesses;
}

function startTimer(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

/** One of each category that was in view, and one that was held out. */
function someOf(labelled: Labelled): Labelled {
  return {
    ...labelled,
    ...Object.fromEntries(CATEGORIES.map((category) => [category, labelled[category].slice(0, 2)])),
  };
}

function of({ byCategory }: Tally, category: Category): string {
  const { right, total } = byCategory.get(category) ?? { right: 0, total: 0 };
  return `${right} of ${total}`;
}

function percent({ right, total }: Tally): string {
  return `${Math.round((right / total) * 100)} %`;
}

function size(text: string): string {
  return `${figure(Math.round(text.length / 1024))} KiB`;
}
