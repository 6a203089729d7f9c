/** What a corpus was made from: what a reader must find. */
export interface Counts {
  requests: number;
  /** Uncached input. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
}

export interface Truth extends Counts {
  files: number;
  bytes: number;
  /** Complete lines. */
  lines: number;
  prompts: number;
  /** Requests of which no line has a `stop_reason`. */
  partial: number;
  searches: number;
  models: Record<string, Counts>;
  cwds: string[];
  /** Ids, names and texts that may leave the machine in no form but a keyed hash. */
  canaries: string[];
}

export function emptyCounts(): Counts {
  return { requests: 0, input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
}

export function emptyTruth(): Truth {
  return {
    ...emptyCounts(),
    files: 0,
    bytes: 0,
    lines: 0,
    prompts: 0,
    partial: 0,
    searches: 0,
    models: {},
    cwds: [],
    canaries: [],
  };
}

/** Adds one request to the sums. */
export function account(truth: Truth, model: string, of: Omit<Counts, "requests">): void {
  const perModel = (truth.models[model] ??= emptyCounts());
  for (const sum of [truth, perModel]) {
    sum.requests += 1;
    sum.input += of.input;
    sum.output += of.output;
    sum.cacheRead += of.cacheRead;
    sum.cacheWrite5m += of.cacheWrite5m;
    sum.cacheWrite1h += of.cacheWrite1h;
  }
}
