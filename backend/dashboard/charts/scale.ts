/** Round numbers from 0 to at least `largest`, for about `wanted` lines. */
export function ticks(largest: number, wanted = 4): number[] {
  if (!(largest > 0)) return [0, 1];
  const step = niceStep(largest / wanted);
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Indexes of the days that get a label: the newest always, and no two closer than `minimumPx`. */
export function labelledIndexes(count: number, widthPx: number, minimumPx: number): number[] {
  if (count === 0) return [];
  const fitting = Math.max(1, Math.floor(widthPx / minimumPx));
  const step = [1, 2, 7, 14, 28, 56].find((days) => Math.ceil(count / days) <= fitting) ?? count;
  const indexes: number[] = [];
  for (let index = count - 1; index >= 0; index -= step) indexes.unshift(index);
  return indexes;
}

export interface Band {
  x: number;
  width: number;
  /** Where the bar inside the band begins, and how wide it is. */
  barX: number;
  barWidth: number;
}

const WIDEST_BAR = 44;

/** Divides the width into one band per day, with whole-pixel bars so that their edges are crisp. */
export function bands(count: number, widthPx: number): Band[] {
  const width = count === 0 ? 0 : widthPx / count;
  const gap = width > 24 ? width * 0.28 : width > 6 ? 2 : width > 3 ? 1 : 0;
  const barWidth = Math.min(WIDEST_BAR, Math.max(1, Math.floor(width - gap)));
  return Array.from({ length: count }, (_, index) => {
    const x = index * width;
    return { x, width, barX: Math.round(x + (width - barWidth) / 2), barWidth };
  });
}

/** The day under a pointer, clamped to the chart. */
export function indexAt(x: number, count: number, widthPx: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((x / widthPx) * count)));
}
