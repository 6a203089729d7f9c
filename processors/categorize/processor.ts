import type { Later, Processor, Resolved, Settings } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Mode } from "#proto/egress.ts";
import { type GuardedHint, guardHints } from "#proto/leak-guard.ts";
import type { Answer } from "./answer.ts";
import type { Asked, Model, RulesReason } from "./model.ts";
import { mayRead } from "./reader.ts";
import { categorizeByRules } from "./rules.ts";

const METHOD = "talos.category.method";

/** Says what kind of work a prompt asks for. The text itself stays as it is: others remove it. */
export class CategorizeProcessor implements Processor {
  readonly #settings: Settings;
  readonly #models: readonly Model[];
  readonly #announce: (reason: RulesReason | undefined) => void;
  /** One question at a time: the next one waits for it. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `models`: the one to be preferred first. Without any, the rules decide. */
  constructor(
    settings: Settings,
    models: readonly Model[],
    announce: (reason: RulesReason | undefined) => void = () => {},
  ) {
    this.#settings = settings;
    this.#models = models;
    this.#announce = announce;
  }

  readonly later: Later = {
    wants: (record) =>
      record.eventName === "talos.prompt" &&
      record.body !== undefined &&
      !record.attributes.has("talos.category"),
    resolve: (record, signal, mode) => this.#inTurn(() => this.#resolve(record, signal, mode)),
  };

  async start(): Promise<void> {
    for (const model of this.#models) {
      // oxlint-disable-next-line no-await-in-loop -- at most two
      await model.start();
    }
  }

  async shutdown(): Promise<void> {
    for (const model of this.#models) model.close();
  }

  process(records: SourceRecord[]): SourceRecord[] {
    return records;
  }

  #inTurn(task: () => Promise<Resolved>): Promise<Resolved> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #resolve(record: SourceRecord, signal: AbortSignal, mode: Mode): Promise<Resolved> {
    const prompt = record.body ?? "";
    const model = this.#models.find(({ method }) => mayRead(method, mode));
    const asked = await this.#ask(model, record, signal);
    if (asked.kind === "retry") {
      this.#settings.count("processor_categorize_retries");
      return asked;
    }
    this.#announce(asked.kind === "rules" ? asked.reason : undefined);
    if (asked.kind === "rules" || model === undefined)
      this.#label(record, categorizeByRules(prompt), "rules");
    else this.#labelByModel(record, asked.answer, { prompt, method: model.method });
    return { kind: "done", record };
  }

  async #ask(
    model: Model | undefined,
    { body: prompt = "", range }: SourceRecord,
    signal: AbortSignal,
  ): Promise<Asked> {
    if (this.#models.length === 0) return { kind: "rules", reason: "configured" };
    const asked: Asked = (await model?.ask(prompt, signal, range)) ?? { kind: "rules", reason: "mode" };
    if (asked.kind === "rules") this.#settings.count(`processor_categorize_without_model_${asked.reason}`);
    return asked;
  }

  #labelByModel(
    record: SourceRecord,
    { task, project, ...guess }: Answer,
    { prompt, method }: { prompt: string; method: string },
  ): void {
    this.#label(record, guess, method);
    const guarded = guardHints(
      { ...(task !== undefined && { task }), ...(project !== undefined && { project }) },
      prompt,
    );
    this.#hint(record, "talos.task_hint", guarded.task);
    this.#hint(record, "talos.project_hint", guarded.project);
  }

  #label(
    { attributes }: SourceRecord,
    { category, confidence }: Pick<Answer, "category" | "confidence">,
    method: string,
  ): void {
    attributes.set("talos.category", category);
    // In tenths: more digits would be room for a number that the prompt dictates.
    attributes.set("talos.category.confidence", Math.round(confidence * 10) / 10);
    attributes.set(METHOD, method);
    this.#settings.count(`processor_categorize_by_${method}`);
  }

  #hint({ attributes }: SourceRecord, name: string, hint: GuardedHint): void {
    if (hint === undefined) return;
    if ("kept" in hint) attributes.set(name, hint.kept);
    else this.#settings.count(`processor_categorize_dropped_hints_${hint.dropped}`);
  }
}
