import { Name } from "./api/fields.ts";
import { parseCsv } from "./csv.ts";

/** That a developer, by public id, is in the group of that name. */
export interface Membership {
  developer: string;
  group: string;
}

const HEADER = "developer,group";

/**
 * What a CSV file with the columns `developer` and `group` says, each once; undefined when it is not such a file. What
 * stands for a developer is only looked up, so it may be anything.
 */
export function readGroupFile(text: string): Membership[] | undefined {
  const [header, ...rows] = parseCsv(text) ?? [];
  if (header?.map((name) => name.trim().toLowerCase()).join() !== HEADER) return undefined;
  const members = new Map<string, Membership>();
  for (const row of rows) {
    const [developer = "", name = ""] = row;
    const group = Name.safeParse(name);
    if (row.length !== 2 || !group.success) return undefined;
    const membership = { developer: developer.trim(), group: group.data };
    members.set(JSON.stringify(membership), membership);
  }
  return [...members.values()];
}
