const WIDTH = 30;

export interface ProgressTarget {
  /** A terminal: one line that is renewed. Otherwise a line at each tenth. */
  live: boolean;
  write(text: string): void;
}

/** A progress bar, or lines where nothing can be renewed in place. */
export class ProgressBar {
  readonly #to: ProgressTarget;
  #shown = "";

  constructor(to: ProgressTarget) {
    this.#to = to;
  }

  /** `share` is 0 to 1. */
  show(share: number, note: string): void {
    const clamped = Math.min(1, Math.max(0, share));
    const percent = Math.floor(clamped * 100);
    const done = Math.round(clamped * WIDTH);
    const bar = `[${"█".repeat(done)}${"░".repeat(WIDTH - done)}]`;
    const text = this.#to.live ? `${bar} ${percent} %  ${note}` : `${percent - (percent % 10)} %`;
    if (text === this.#shown) return;
    this.#shown = text;
    this.#to.write(this.#to.live ? `\r\u001B[2K${text}` : `${text}  ${note}\n`);
  }

  /** The next text begins on a line of its own. */
  end(): void {
    if (this.#to.live && this.#shown !== "") this.#to.write("\n");
    this.#shown = "";
  }
}
