import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Breakage } from "./breakage.ts";

export const PROJECT = path.resolve(import.meta.dirname, "../../..");
export const PAGE = "docs/security-tests.md";
const [BEGIN, END] = ["<!-- breakages: begin -->", "<!-- breakages: end -->"];

export interface Result {
  breakage: Breakage;
  /** `broken` where the test did not run at all. */
  outcome: "caught" | "survived" | "broken";
}

export function table(results: readonly Result[]): string {
  const rows = results.map(({ breakage: { name, file, test }, outcome }) =>
    [name, `\`${file}\``, `\`${test}\``, outcome].join(" | "),
  );
  const head = "Without its check … | which is in | fails | ";
  return `| ${[head, "--- | --- | --- | ---", ...rows].join(" |\n| ")} |\n`;
}

/** Puts the table in place of the one that the page has. */
export function writeTable(text: string): void {
  const file = path.join(PROJECT, PAGE);
  const page = readFileSync(file, "utf8");
  const [before = "", after = ""] = [page.split(BEGIN)[0], page.split(END)[1]];
  writeFileSync(file, `${before}${BEGIN}\n\n${text}\n${END}${after}`);
}
