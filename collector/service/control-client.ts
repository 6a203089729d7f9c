import net from "node:net";
import type { Platform } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import { CONTROL_VERSION, ControlAnswer, controlAddress } from "./control-protocol.ts";

/** Records come in requests of about 64 KiB, and a quarter more as JSON. */
const MAX_ANSWER_CHARACTERS = 16 * 1_048_576;
const TIMEOUT_MS = 5_000;

/** Why the running collector could not be asked. The message is whole and ends in what to do. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** The other end of a collector's control socket. */
export class ControlClient {
  readonly #socket: net.Socket;
  readonly #answers: ControlAnswer[] = [];
  #unread = "";
  #waiting: (() => void) | undefined;
  #closed = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#read(text));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#waiting?.();
    });
  }

  /** Rejects with ControlError when no collector answers. */
  static connect(dir: string, os: Platform["os"]): Promise<ControlClient> {
    const address = controlAddress(dir, os);
    if (address === undefined) {
      const message =
        "the state folder's name is too long for a control socket: set a shorter service.state_dir";
      return Promise.reject(new ControlError(message));
    }
    return new Promise((resolve, reject) => {
      const socket = net.connect(address);
      socket.once("connect", () => resolve(new ControlClient(socket)));
      socket.once("error", (error) => {
        const why = `no collector answers on this state folder (${errorCode(error)})`;
        reject(new ControlError(`${why}: start one with \`talos run\``));
      });
    });
  }

  /** Asks and waits for the answer, at most 5 s. */
  async ask(
    request: "snapshot" | "points" | "tap" | "ledger",
    more: Record<string, string> = {},
  ): Promise<ControlAnswer> {
    this.#socket.write(`${JSON.stringify({ v: CONTROL_VERSION, request, ...more })}\n`);
    const answer = await this.next(AbortSignal.timeout(TIMEOUT_MS));
    if (answer === undefined)
      throw new ControlError("the collector does not answer: try again, or restart it");
    if (answer.error === "version" || answer.v !== CONTROL_VERSION) {
      throw new ControlError(
        `the collector that runs is of another version (${answer.message ?? "unknown"}): restart it, or use its own talos`,
      );
    }
    return answer;
  }

  /** The next answer; undefined when the collector has closed the connection or `signal` aborted. */
  async next(signal: AbortSignal): Promise<ControlAnswer | undefined> {
    while (this.#answers.length === 0 && !this.#closed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#waiting = done;
        signal.addEventListener("abort", done);
      });
    }
    if (this.#answers.length <= 64) this.#socket.resume();
    return this.#answers.shift();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#unread += text;
    for (let at = this.#unread.indexOf("\n"); at >= 0; at = this.#unread.indexOf("\n")) {
      const answer = ControlAnswer.safeParse(parse(this.#unread.slice(0, at)));
      this.#unread = this.#unread.slice(at + 1);
      if (answer.success) this.#answers.push(answer.data);
    }
    if (this.#unread.length > MAX_ANSWER_CHARACTERS) this.#socket.destroy();
    // What is not shown yet waits at the collector, which counts what it cannot keep.
    if (this.#answers.length > 64) this.#socket.pause();
    this.#waiting?.();
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
