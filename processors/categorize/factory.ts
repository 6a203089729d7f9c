import { defineProcessor, type Settings } from "#component/component.ts";
import { Announcer } from "./announcer.ts";
import { CloudModel } from "./cloud.ts";
import { asksBackend, CategorizeConfig } from "./config.ts";
import type { Model } from "./model.ts";
import { OllamaModel } from "./ollama.ts";
import { readPower } from "./power.ts";
import { CategorizeProcessor } from "./processor.ts";

/** Says what kind of work a prompt asks for, without letting the prompt out. */
export const categorizeFactory = defineProcessor({
  type: "categorize",
  stability: "alpha",
  summary:
    "Says what kind of work a prompt asks for: by rules, by a model on this computer, or by the team's backend.",
  config: CategorizeConfig,
  readsText: true,
  create: (settings, config) =>
    new CategorizeProcessor(
      settings,
      modelsOf(settings, config),
      new Announcer(settings, config.model).announce,
    ),
});

/** The backend first: where both may be asked, the text goes there anyway. */
function modelsOf(settings: Settings, config: CategorizeConfig): Model[] {
  const { clock, platform } = settings;
  const { provider, model, timeout: timeoutMs } = config;
  const models: Model[] = asksBackend(config) ? [new CloudModel(settings, config)] : [];
  if (provider === "ollama" || provider === "auto") {
    const power = config.pause_on_battery ? () => readPower(platform.os) : undefined;
    const endpoint = provider === "ollama" ? config.endpoint : undefined;
    models.push(new OllamaModel({ clock, endpoint, model, timeoutMs, power }));
  }
  return models;
}
