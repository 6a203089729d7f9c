/** Lines that go and lines that come, with the two around them that stay. Both texts are small. */
export function lineDiff(before: string, after: string): string[] {
  const lines = steps(linesOf(before), linesOf(after));
  const near = (at: number) => lines.slice(Math.max(0, at - 2), at + 3).some(([mark]) => mark !== " ");
  return lines.flatMap(([mark, line], at) => (near(at) ? [`${mark} ${line}`] : []));
}

type Step = readonly [mark: " " | "-" | "+", line: string];

function steps(before: readonly string[], after: readonly string[]): Step[] {
  const common = commonLengths(before, after);
  const found: Step[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      found.push([" ", old]);
      [i, j] = [i + 1, j + 1];
    } else if (
      old !== undefined &&
      (fresh === undefined || lengthAt(common, i + 1, j) >= lengthAt(common, i, j + 1))
    ) {
      found.push(["-", old]);
      i += 1;
    } else {
      found.push(["+", fresh ?? ""]);
      j += 1;
    }
  }
  return found;
}

/** How many lines two texts have in common from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const rows = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = rows[i] ?? [];
      row[j] =
        before[i] === after[j]
          ? lengthAt(rows, i + 1, j + 1) + 1
          : Math.max(lengthAt(rows, i + 1, j), lengthAt(rows, i, j + 1));
    }
  }
  return rows;
}

function lengthAt(rows: readonly number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}
