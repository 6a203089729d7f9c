import { stringify } from "csv-stringify/browser/esm/sync";

export type Format = "ndjson" | "csv";
type Cell = string | number | null;
export type TableRow = Readonly<Record<string, Cell>>;

export const MEDIA_TYPES: Record<Format, string> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

/** What a spreadsheet takes for a formula, also behind a quote that we put there. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

/** Nobody's name is ever run by a spreadsheet: such a text gets a quote before it. Take one away to have it back. */
function guarded(cell: Cell): Cell {
  return typeof cell === "string" && FORMULA.test(cell) ? `'${cell}` : cell;
}

/** One line for each row. */
export function linesOf(format: Format, rows: readonly TableRow[], columns: readonly string[]): string {
  if (format === "ndjson") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const table = rows.map((row) => columns.map((column) => guarded(row[column] ?? null)));
  return stringify(table, { record_delimiter: "windows" });
}

/** What comes before the rows. */
export function titleOf(format: Format, columns: readonly string[]): string {
  return format === "ndjson" ? "" : stringify([columns.slice()], { record_delimiter: "windows" });
}
