import { defineProcessor, type Settings } from "#component/component.ts";
import { Announcer } from "./announcer.ts";
import { CloudModel } from "./cloud.ts";
import { CategorizeConfig } from "./config.ts";
import type { Model } from "./model.ts";
import { ollamaEndpoint, OllamaModel } from "./ollama.ts";
import { readPower } from "./power.ts";
import { CategorizeProcessor } from "./processor.ts";
import { readersOf } from "./reader.ts";

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

function modelsOf(settings: Settings, config: CategorizeConfig): Model[] {
  const { clock, platform } = settings;
  const { model, timeout: timeoutMs } = config;
  return readersOf(config).map((method) => {
    if (method === "haiku") return new CloudModel(settings, config);
    const power = config.pause_on_battery ? () => readPower(platform.os) : undefined;
    return new OllamaModel({ clock, endpoint: ollamaEndpoint(config), model, timeoutMs, power });
  });
}
