import path from "node:path";
import { loadConfig } from "#config/load.ts";
import { defaultConfigDir } from "#config/paths.ts";
import { type Plan, planService } from "../service/plan.ts";
import { systemPlatform } from "../service/system.ts";
import { components } from "./components.ts";

export const CONFIG_HELP = "configuration file (default: ~/.config/talos-auditor/config.yaml)";

/** Reads and checks the configuration that a command names. Throws ConfigError with every problem. */
export function readPlan(file: string | undefined): { plan: Plan; file: string } {
  const platform = systemPlatform();
  const chosen = file ?? path.join(defaultConfigDir(platform), "config.yaml");
  return { plan: planService(loadConfig(chosen, platform), components, platform), file: chosen };
}
