import { readFileSync } from "node:fs";
import { filesBelow, NeedleIndex } from "../collector/proof/search.ts";

/**
 * Looks for every canary in every file below the folders, and in the given outputs, in every form that `NeedleIndex`
 * knows. Returns what was found where.
 */
export function findLeaks(
  folders: readonly string[],
  canaries: Iterable<string>,
  outputs: Readonly<Record<string, Buffer>> = {},
): string[] {
  const index = new NeedleIndex(canaries);
  const files = folders.flatMap((folder) =>
    filesBelow(folder).map((file) => [file, readFileSync(file)] as const),
  );
  const found = new Set<string>();
  for (const [name, content] of [...Object.entries(outputs), ...files]) {
    for (const canary of index.findAnywhereIn(content)) found.add(`${canary} in ${name}`);
  }
  return [...found];
}
