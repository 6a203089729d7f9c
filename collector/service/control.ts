import { chmodSync, lstatSync, rmSync } from "node:fs";
import net from "node:net";
import type { Logger, Platform } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import {
  CONTROL_VERSION,
  controlAddress,
  type ControlAnswer,
  ControlRequest,
  MAX_REQUEST_BYTES,
} from "./control-protocol.ts";
import type { RecentLine } from "./recent.ts";
import type { Taps } from "./taps.ts";

const MAX_CONNECTIONS = 16;
/** What may wait for a slow reader before records are counted as missed. */
const MAX_UNREAD_BYTES = 1_048_576;
const IDLE_MS = 60_000;

export interface ControlOptions {
  /** The state folder, whose lock this process holds. */
  dir: string;
  os: Platform["os"];
  version: string;
  taps: Taps;
  recent: { readonly lines: readonly RecentLine[] };
  log: Logger;
  /** Opens the ledger whose key is in memory alone. */
  ledgerKey?(): string | undefined;
}

/**
 * Answers questions about the running collector to its own user: a socket in the state folder that only its owner may
 * open, a line of JSON each way. Nothing can be changed through it.
 */
export class ControlServer {
  readonly #o: ControlOptions;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(options: ControlOptions) {
    this.#o = options;
    this.#server = net.createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    // The collector decides how long the process lives, not who looks at it.
    this.#server.unref();
  }

  /** Never rejects: a collector without its control socket collects all the same. Undefined, and logged, then. */
  static async open(options: ControlOptions): Promise<ControlServer | undefined> {
    const { dir, os, log } = options;
    const address = controlAddress(dir, os);
    if (address === undefined) {
      log.warn("the state folder's name is too long for a control socket: talos tap does not work");
      return undefined;
    }
    const control = new ControlServer(options);
    try {
      await control.#listen(address);
      return control;
    } catch (error) {
      log.warn("no control socket: talos tap does not work", { reason: errorCode(error) });
      return undefined;
    }
  }

  /** Ends every conversation and removes the socket. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** This process holds the folder's lock, so a socket that is there belongs to a collector that died. */
  async #listen(address: string): Promise<void> {
    const isFile = this.#o.os !== "win32";
    if (isFile && lstatSync(address, { throwIfNoEntry: false })?.isSocket() === true) rmSync(address);
    const ready = new Promise<void>((resolve, reject) => {
      this.#server.once("listening", resolve);
      this.#server.once("error", reject);
    });
    this.#server.listen(address);
    await ready;
    this.#server.on("error", () => {});
    // The folder itself is the owner's alone, so nobody else could connect before this.
    if (isFile) chmodSync(address, 0o600);
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    const conversation = new Conversation(socket, this.#o);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      conversation.end();
    });
  }
}

/** One connection: requests in, answers out, at most one tap. */
class Conversation {
  readonly #socket: net.Socket;
  readonly #o: ControlOptions;
  #unread = "";
  #missed = 0;
  #stopTap: (() => void) | undefined;

  constructor(socket: net.Socket, options: ControlOptions) {
    this.#socket = socket;
    this.#o = options;
    socket.setEncoding("utf8").setTimeout(IDLE_MS).unref();
    socket.on("data", (text: string) => this.#read(text));
    socket.on("drain", () => this.#tellMissed());
    socket.on("timeout", () => {
      if (this.#stopTap === undefined) socket.destroy();
    });
    // Whoever looked has gone; `close` follows.
    socket.on("error", () => {});
  }

  end(): void {
    this.#stopTap?.();
    this.#stopTap = undefined;
  }

  #read(text: string): void {
    this.#unread += text;
    for (let at = this.#unread.indexOf("\n"); at >= 0; at = this.#unread.indexOf("\n")) {
      const line = this.#unread.slice(0, at);
      this.#unread = this.#unread.slice(at + 1);
      if (!this.#answer(line)) return;
    }
    if (this.#unread.length > MAX_REQUEST_BYTES) this.#refuse("malformed", "a request is one short line");
  }

  /** False when the conversation is over. */
  #answer(line: string): boolean {
    if (line.length > MAX_REQUEST_BYTES) return this.#refuse("malformed", "a request is one short line");
    const value = parse(line);
    if (versionOf(value) !== CONTROL_VERSION) {
      return this.#refuse(
        "version",
        `this collector is ${this.#o.version} and speaks version ${CONTROL_VERSION}`,
      );
    }
    const request = ControlRequest.safeParse(value);
    if (!request.success) return this.#refuse("malformed", "no such request");
    // A reader that asks on and on without reading is not waited for.
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) return this.#refuse("busy", "answers are not read");
    return this.#serve(request.data);
  }

  #serve(request: ControlRequest): boolean {
    if (request.request === "tap") return this.#tap(request);
    if (request.request === "points") this.#send({ points: this.#o.taps.points });
    else if (request.request === "ledger") this.#send(this.#ledger());
    else this.#send({ snapshot: this.#snapshot() });
    return true;
  }

  /** A pipe of Windows can be opened by others, too. */
  #ledger(): Pick<ControlAnswer, "ledger"> {
    const ledger = this.#o.os === "win32" ? undefined : this.#o.ledgerKey?.();
    return ledger === undefined ? {} : { ledger };
  }

  #snapshot(): ControlAnswer["snapshot"] {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      version: this.#o.version,
      pid: process.pid,
      uptimeMs: Math.round(process.uptime() * 1_000),
      rssBytes: rss,
      heapBytes: heapUsed,
      cpuMicros: user + system,
      recent: [...this.#o.recent.lines],
    };
  }

  #tap({ point, pipeline }: { point: string; pipeline?: string | undefined }): boolean {
    const { taps } = this.#o;
    const found = taps.points.filter(
      (each) => each.point === point && (pipeline === undefined || each.pipeline === pipeline),
    );
    if (found.length === 0) return this.#refuse("refused", "there is no such point");
    const refused = found.find((each) => each.refused !== undefined)?.refused;
    if (refused !== undefined) return this.#refuse("refused", refused);
    this.end();
    this.#stopTap = taps.listen({ point, pipeline }, (request) => this.#show(request));
    this.#send({ tapping: point });
    return true;
  }

  #show(request: LogsRequest): void {
    const records = request.resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs)
      .reduce((sum, { logRecords }) => sum + logRecords.length, 0);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      this.#missed += records;
      return;
    }
    this.#tellMissed();
    const json = Buffer.from(jsonCodec.encodeRequest(request)).toString("utf8");
    this.#socket.write(`{"v":${CONTROL_VERSION},"records":${json}}\n`);
  }

  #tellMissed(): void {
    if (this.#missed === 0) return;
    this.#send({ missed: this.#missed });
    this.#missed = 0;
  }

  #refuse(error: NonNullable<ControlAnswer["error"]>, message: string): false {
    this.#socket.end(`${JSON.stringify({ v: CONTROL_VERSION, error, message })}\n`);
    this.#socket.removeAllListeners("data").resume();
    return false;
  }

  #send(answer: Omit<ControlAnswer, "v">): void {
    this.#socket.write(`${JSON.stringify({ v: CONTROL_VERSION, ...answer })}\n`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function versionOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "v" in value ? value.v : undefined;
}
