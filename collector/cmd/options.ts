import { existsSync } from "node:fs";
import path from "node:path";
import type { Notice } from "#config/deprecations.ts";
import { managedConfigFile } from "#config/layers.ts";
import { loadConfig, type LoadedConfig } from "#config/load.ts";
import { defaultConfigDir, type Home } from "#config/paths.ts";
import type { Group } from "#config/tree.ts";
import { type Plan, planService } from "../service/plan.ts";
import { systemPlatform } from "../service/system.ts";
import { components } from "./components.ts";

export const CONFIG_HELP =
  "configuration file; again for more, the last one wins (default: ~/.config/talos-auditor/config.yaml)";

/** Gathers the values of an option that may stand several times. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** A checked configuration: the files that were named or the default one, and the managed one where there is one. */
export interface PlanOptions {
  plan: Plan;
  /** The files as they were named, for a message. */
  file: string;
  /** Every file that was read. */
  files: readonly string[];
  notices: readonly Notice[];
  /** Every value as it was written, and where. */
  tree: Group;
}

/** Reads and checks the configuration that a command names. Throws ConfigError with every problem. */
export function readPlan(given: string | readonly string[] | undefined): PlanOptions {
  const platform = systemPlatform();
  const managed = managedConfigFile(platform.os);
  const own = path.join(defaultConfigDir(platform), "config.yaml");
  const usual = existsSync(own) || !existsSync(managed) ? [own] : [];
  return planned(loadConfig(given ?? usual, platform, { managed }), platform);
}

/** Reads one file and nothing else, for a collector that sends to this computer alone. */
export function readOnlyPlan(file: string): PlanOptions {
  const platform = systemPlatform();
  return planned(loadConfig(file, platform), platform);
}

function planned(config: LoadedConfig, platform: Home): PlanOptions {
  const { file, files, notices, tree } = config;
  return { plan: planService(config, components, platform), file, files, notices, tree };
}
