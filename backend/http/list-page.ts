/** What a page of a list holds. */
export const PAGE = 100;

/** Of rows that were read one further than is shown: the page, and the cursor of the one behind it. */
export function pageOf<T extends { id: string }>(rows: readonly T[]): { page: T[]; next: string | null } {
  const page = rows.slice(0, PAGE);
  return { page, next: rows.length > PAGE ? (page.at(-1)?.id ?? null) : null };
}
