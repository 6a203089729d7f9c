import { runChecks } from "../doctor/run-checks.ts";

/** Checks whose findings name no folder and no file. Of any other, only the outcome is told. */
const TELLABLE: ReadonlySet<string> = new Set([
  "formats",
  "cursor",
  "watches",
  "instance",
  "keychain",
  "disk",
  "proxy",
  "authorities",
]);

/** What `talos doctor --offline` finds, without what to do. Nothing is sent. */
export async function checks(config: readonly string[] | undefined): Promise<unknown[]> {
  const results = await runChecks({ config, offline: true });
  return results.map(({ id, status, detail }) => {
    const told = TELLABLE.has(id) ? { detail: detail.replaceAll(/ \(process [^)]*\)/g, "") } : {};
    return { id, status, ...told };
  });
}
