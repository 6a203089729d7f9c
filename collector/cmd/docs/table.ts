/** A Markdown table whose columns are aligned, as the formatter wants them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => width(cells[column] ?? ""))));
  const [first = "", ...others] = lines.map((cells) =>
    row(widths.map((w, column) => pad(cells[column] ?? "", w))),
  );
  return [first, row(widths.map((w) => "-".repeat(w))), ...others].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** UTF-16 units: right for the letters and marks that this project's pages use. */
function width(text: string): number {
  return text.length;
}

/** The text with what stands between `<!-- name -->` and `<!-- /name -->` replaced. */
export function replaceBlock(text: string, name: string, block: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${block}\n\n${text.slice(to)}`;
}
