/**
 * The order to show rows in while somebody is inside the table: rows stay where they were and new ones come last, so
 * that a live update never moves the row under a pointer, a focus or a half-typed alias.
 */
export function keepOrder<T>(
  previous: readonly string[],
  rows: readonly T[],
  keyOf: (row: T) => string,
): T[] {
  const place = new Map(previous.map((key, index) => [key, index]));
  const at = (row: T) => place.get(keyOf(row)) ?? previous.length;
  return rows.toSorted((a, b) => at(a) - at(b));
}
