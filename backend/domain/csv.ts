/** Rows of fields as RFC 4180 writes them; undefined for text that is not CSV. Blank lines are none. */
export function parseCsv(text: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    const field = readField(text, at);
    if (field === undefined) return undefined;
    row.push(field.value);
    const end = separatorAt(text, field.end);
    if (end === undefined) return undefined;
    at = field.end + end.length;
    if (end === "," && at < text.length) continue;
    if (end === ",") row.push("");
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

/** What ends a field: a comma, the end of a line or of the text; undefined for anything else. */
function separatorAt(text: string, at: number): "," | "\n" | "\r\n" | "" | undefined {
  if (at >= text.length) return "";
  if (text[at] === ",") return ",";
  if (text[at] === "\n") return "\n";
  return text.startsWith("\r\n", at) ? "\r\n" : undefined;
}

const QUOTED = /"((?:[^"]|"")*)"/y;
const PLAIN = /[^",\r\n]*/y;

function readField(text: string, at: number): { value: string; end: number } | undefined {
  const pattern = text[at] === '"' ? QUOTED : PLAIN;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const value = pattern === QUOTED ? (found[1] ?? "").replaceAll('""', '"') : found[0];
  return { value, end: at + found[0].length };
}
