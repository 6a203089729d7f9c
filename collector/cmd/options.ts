import { existsSync } from "node:fs";
import path from "node:path";
import type { Notice } from "#config/deprecations.ts";
import { managedConfigFile } from "#config/layers.ts";
import { loadConfig, type LoadedConfig } from "#config/load.ts";
import { defaultConfigDir } from "#config/paths.ts";
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

/** Throws ConfigError with every problem of the files. */
function readFiles(given: string | readonly string[] | undefined): LoadedConfig {
  const platform = systemPlatform();
  const managed = managedConfigFile(platform);
  const own = path.join(defaultConfigDir(platform), "config.yaml");
  const files = given === undefined ? (existsSync(own) || !existsSync(managed) ? [own] : []) : [given].flat();
  return loadConfig(files, platform, { managed });
}

/** Reads and checks the configuration that a command names. Throws ConfigError with every problem. */
export function readPlan(given: string | readonly string[] | undefined): PlanOptions {
  const config = readFiles(given);
  const { file, files, notices, tree } = config;
  return { plan: planService(config, components, systemPlatform()), file, files, notices, tree };
}
