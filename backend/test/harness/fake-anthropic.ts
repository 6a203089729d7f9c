import http from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What the next call is answered with instead. */
export type ModelFault =
  /** A refusal as the API words it: it quotes what it was sent. */
  | { kind: "error"; status: number; retryAfter?: string }
  /** The model's own text, whatever it is. */
  | { kind: "says"; text: string; stop?: string }
  /** A message as it is, beside what a message has. */
  | { kind: "message"; over: Record<string, unknown> }
  | { kind: "never_answers" }
  /** A head, half of a body, and nothing more. */
  | { kind: "stalls" }
  /** The connection breaks in the middle of the body. */
  | { kind: "breaks" }
  | { kind: "html" }
  | { kind: "huge" }
  | { kind: "redirect"; to: string };

export interface ModelCall {
  path: string;
  headers: http.IncomingHttpHeaders;
  /** As it was sent. */
  text: string;
}

const USAGE = { input_tokens: 900, output_tokens: 50 };
const ANSWER = {
  category: "bugfix",
  task_hint: "repair an empty list on the sign-in page",
  project_hint: "web application",
  confidence: 0.87,
};

/** The Messages API of Claude on this computer: answers by script, and with a category once the script has ended. */
export class FakeAnthropic {
  readonly calls: ModelCall[] = [];
  /** Of every answer that has counts. */
  usage: Record<string, unknown> = USAGE;
  /** Calls that are under way. */
  open = 0;
  mostAtOnce = 0;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly #script: ModelFault[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = http.createServer((request, response) => void this.#handle(request, response));

  async start(): Promise<void> {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  next(...faults: ModelFault[]): void {
    this.#script.push(...faults);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    this.calls.push({ path: request.url ?? "", headers: request.headers, text });
    this.open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.open);
    response.on("close", () => (this.open -= 1));
    response.on("error", () => {});
    await this.gate;
    this.#answer(this.#script.shift() ?? { kind: "says", text: JSON.stringify(ANSWER) }, text, response);
  }

  #answer(fault: ModelFault, sent: string, response: http.ServerResponse): void {
    const json = { "content-type": "application/json", "request-id": "req_fake" };
    switch (fault.kind) {
      case "error": {
        const again = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
        const error = { type: "error", error: { type: "api_error", message: `cannot take: ${sent}` } };
        response.writeHead(fault.status, { ...json, ...again }).end(JSON.stringify(error));
        return;
      }
      case "says":
        response
          .writeHead(200, json)
          .end(this.#message(fault.text, { stop_reason: fault.stop ?? "end_turn" }));
        return;
      case "message":
        response.writeHead(200, json).end(this.#message(JSON.stringify(ANSWER), fault.over));
        return;
      case "never_answers":
        return;
      case "stalls":
        response.writeHead(200, { ...json, "content-length": "1000" }).write('{"type":"message","content":[');
        return;
      case "breaks":
        response.writeHead(200, { ...json, "content-length": "1000" });
        response.write('{"type":"message"', () => response.socket?.resetAndDestroy());
        return;
      case "html":
        response.writeHead(200, { "content-type": "text/html" }).end("<html>Please sign in</html>");
        return;
      case "huge":
        response.writeHead(200, json).end(this.#message(" ".repeat(5_000_000), {}));
        return;
      case "redirect":
        response.writeHead(307, { location: fault.to }).end();
    }
  }

  #message(text: string, over: Record<string, unknown>): string {
    return JSON.stringify({
      id: "msg_fake",
      type: "message",
      role: "assistant",
      model: "claude-haiku-5-5",
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: this.usage,
      ...over,
    });
  }
}
