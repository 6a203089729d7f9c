/** One measurement and the page's part about it. */
export interface Benchmark {
  /** For `--only`. */
  name: string;
  title: string;
  /** What is measured, and against what: one sentence or two. */
  about: string;
  run: (options: BenchOptions) => Promise<Finding>;
}

export interface BenchOptions {
  /** Smaller and shorter: to see that it works, not to be quoted. */
  quick: boolean;
  /** A folder of this run alone. */
  dir: string;
  /** Says what happens now. */
  progress: (text: string) => void;
}

export interface Finding {
  /** Markdown tables: the first row is the head. Units stand in the head. */
  tables: string[][][];
  /** Sentences below them. */
  notes: string[];
}

/** Why something was not measured here. Shown in its place. */
export class NotMeasuredError extends Error {
  override readonly name = "NotMeasuredError";
}
