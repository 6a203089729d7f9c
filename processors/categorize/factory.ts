import { defineProcessor, type Settings } from "#component/component.ts";
import { Announcer } from "./announcer.ts";
import { CloudModel } from "./cloud.ts";
import { CategorizeConfig } from "./config.ts";
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
  create: (settings, config) =>
    new CategorizeProcessor(
      settings,
      modelOf(settings, config),
      new Announcer(settings, config.model).announce,
    ),
});

function modelOf(settings: Settings, config: CategorizeConfig): Model | undefined {
  const { clock, platform } = settings;
  const { provider, endpoint, model, timeout: timeoutMs } = config;
  if (provider === "cloud") return new CloudModel(settings, config);
  if (provider === "rules") return undefined;
  const power = config.pause_on_battery ? () => readPower(platform.os) : undefined;
  return new OllamaModel({ clock, endpoint, model, timeoutMs, power });
}
