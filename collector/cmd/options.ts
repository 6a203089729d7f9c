import { existsSync } from "node:fs";
import path from "node:path";
import type { Notice } from "#config/deprecations.ts";
import { managedConfigFile, readManagedLayer } from "#config/layers.ts";
import { combine, loadConfig, type LoadedConfig } from "#config/load.ts";
import { defaultConfigDir, type Home } from "#config/paths.ts";
import type { Group } from "#config/tree.ts";
import { ENROLLED_CONFIG, enrolledLayer } from "../enrolment/default-config.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
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
  if (given === undefined && !existsSync(own)) {
    const enrolled = enrolledPlan(own, managed, platform);
    if (enrolled !== undefined) return enrolled;
  }
  const usual = existsSync(own) || !existsSync(managed) ? [own] : [];
  return planned(loadConfig(given ?? usual, platform, { managed }), platform);
}

/** What an enrolled machine runs whose user wrote no configuration. Undefined where it is not enrolled. */
function enrolledPlan(own: string, managed: string, platform: Home): PlanOptions | undefined {
  const folder = new EnrolmentFolder(path.dirname(own));
  const enrolment = folder.read();
  if (enrolment === undefined) return undefined;
  const locked = readManagedLayer(managed);
  const layers = [enrolledLayer(folder, enrolment), ...(locked === undefined ? [] : [locked])];
  const plan = planned(combine(layers, platform, { managed }), platform);
  // The user's own file may come, and then counts instead.
  return { ...plan, files: plan.files.map((file) => (file === ENROLLED_CONFIG ? own : file)) };
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
