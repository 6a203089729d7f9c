import type { Settings } from "#component/component.ts";
import type { RulesReason } from "./model.ts";

/** What a person can do something about. Other reasons are counted, and pass. */
const TOLD: Partial<Record<RulesReason, string>> = {
  unreachable:
    "Ollama does not answer: prompts are categorized by rules until it does. To start it and to get its model, run the two commands",
  no_model:
    "Ollama does not have the model: prompts are categorized by rules until it does. To start it and to get the model, run the two commands",
  remote_model:
    "the model does not run on this computer: it is never asked, and prompts are categorized by rules. Choose another one",
  over_cap: "the team's monthly limit for categories is reached: prompts are categorized by rules",
  not_set_up: "the team's backend has no model to ask: prompts are categorized by rules",
  mode: "the provider does not fit the privacy mode in force: prompts are categorized by rules",
};

/** Says once what keeps the model from being asked, and once that it answers again. */
export class Announcer {
  readonly #settings: Settings;
  readonly #model: string;
  #told: RulesReason | undefined;

  constructor(settings: Settings, model: string) {
    this.#settings = settings;
    this.#model = model;
  }

  readonly announce = (reason: RulesReason | undefined): void => {
    const { id, log } = this.#settings;
    if (reason === undefined) {
      if (this.#told !== undefined) log.info("prompts are categorized by the model again", { processor: id });
      this.#told = undefined;
      return;
    }
    const message = TOLD[reason];
    if (message === undefined || this.#told === reason) return;
    this.#told = reason;
    log.warn(message, { processor: id, ...this.#commands(reason) });
  };

  #commands(reason: RulesReason): Record<string, string> {
    if (reason !== "unreachable" && reason !== "no_model") return {};
    return { start: "ollama serve", get: `ollama pull ${this.#model}` };
  }
}
