import { statfsSync } from "node:fs";
import { errorCode } from "#component/error-code.ts";
import { ConfigError } from "#config/errors.ts";
import { StateError } from "#state/errors.ts";
import { systemKeychain } from "#state/keychain.ts";
import { systemPlatform } from "../../service/system.ts";
import { type PlanOptions, readPlan } from "../options.ts";
import { cursor } from "./cursor.ts";
import { type Check, type CheckResult, fail, type Finding, ok, skip, type Subject } from "./check.ts";
import { disk, instance, keychain, modes } from "./keeping.ts";
import { authorities, clock, endpoint, proxy } from "./network.ts";
import { ollama } from "./ollama.ts";
import { folders, formats, watches } from "./receiving.ts";

const CHECKS: readonly Check[] = [
  folders,
  formats,
  cursor,
  watches,
  instance,
  keychain,
  disk,
  modes,
  proxy,
  authorities,
  endpoint,
  clock,
  ollama,
];

export interface CheckOptions {
  config?: readonly string[] | undefined;
  /** Without the checks that send something. */
  offline?: boolean;
  /** Parts of the machine, for tests. */
  machine?: Partial<Pick<Subject, "now" | "freeBytes" | "keychain">>;
}

/** Looks at everything that the collector needs. Changes nothing; sends one request without records, and one without a token. */
export async function runChecks(options: CheckOptions): Promise<CheckResult[]> {
  const platform = systemPlatform();
  const { planned, finding } = configuration(options.config);
  const results = [{ id: "configuration", title: "Configuration", ...finding }];
  const subject: Subject | undefined = planned && {
    planned,
    platform,
    offline: options.offline === true,
    now: () => Date.now(),
    freeBytes,
    keychain: () => systemKeychain(platform.os),
    ...options.machine,
  };
  for (const check of CHECKS) {
    const { id, title } = check;
    results.push({ id, title, ...(await look(check, subject)) });
  }
  return results.map((result) => ({
    ...result,
    detail: shortened(result.detail, platform.homeDir),
    fix: shortened(result.fix, platform.homeDir),
  }));
}

function configuration(config: readonly string[] | undefined): {
  planned: PlanOptions | undefined;
  finding: Finding;
} {
  try {
    const planned = readPlan(config);
    const { file } = planned;
    return { planned, finding: ok(`${file} ${file.includes(", ") ? "are" : "is"} valid`) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      planned: undefined,
      finding: fail(error.problems.join("; "), "mend these, and look again with `talos validate`"),
    };
  }
}

async function look(check: Check, subject: Subject | undefined): Promise<Finding> {
  if (subject === undefined) return skip("needs a valid configuration");
  try {
    return await check.look(subject);
  } catch (error) {
    const code = error instanceof StateError ? error.code : errorCode(error);
    return fail(`could not be looked at (${code})`, "look at the state folder and its disk, then try again");
  }
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** The home folder holds the user's name. */
function shortened(text: string, homeDir: string): string {
  return homeDir.length < 2 ? text : text.replaceAll(homeDir, "~");
}
