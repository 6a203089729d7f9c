/** For tests of commands as people see them: a pseudo-terminal, from util-linux's `script`. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";

/** Undefined where a terminal can be had; otherwise why the test is skipped. */
export function noTerminal(): string | undefined {
  const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  if (status === 0 && stdout.includes("util-linux")) return undefined;
  return "util-linux's `script` is not here";
}

export class Terminal {
  /** Everything that was shown, escapes included. */
  output = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  /** Runs a command in a terminal of 100 columns and 30 rows. */
  constructor(command: string[], options: { env: NodeJS.ProcessEnv; dir: string }) {
    const log = path.join(options.dir, "typescript");
    const quoted = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
    this.#child = spawn("script", ["-qec", `stty cols 100 rows 30; exec ${quoted}`, log], {
      stdio: ["pipe", "pipe", "pipe"],
      env: options.env,
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => void (this.output += chunk.toString("utf8")));
    this.ended = new Promise((resolve) =>
      this.#child.once("close", (code) => {
        rmSync(log, { force: true });
        resolve(code);
      }),
    );
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** What was shown, without escapes. */
  get text(): string {
    // oxlint-disable-next-line eslint/no-control-regex -- escapes are what is removed
    return this.output.replaceAll(/\u001B\[[?\d;]*[A-Za-z]/g, "").replaceAll("\r", "");
  }
}
