import http from "node:http";
import { once } from "node:events";
import type { Way } from "./canaries.ts";

export interface Captured {
  way: Way;
  /** The request line and the headers, as they came. */
  head: string;
  /** As it came: compressed where it was. */
  body: Buffer;
}

const WAYS: ReadonlyMap<string, Way> = new Map([
  ["/v1/logs", "records"],
  ["/v1/categorize", "categorize"],
  ["/api/show", "model"],
  ["/api/chat", "model"],
]);

/**
 * On this computer alone: takes what the collector sends, byte for byte, and answers as the team's backend and as
 * Ollama do. Asked for a category, it answers like a model that a hostile prompt has won over.
 */
export class StandIn {
  captured: Captured[] = [];
  readonly #server: http.Server = http.createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    standIn.#server.listen(0, "127.0.0.1");
    await once(standIn.#server, "listening");
    return standIn;
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return `http://127.0.0.1:${port}`;
  }

  /** What came since the last time. */
  take(): Captured[] {
    const taken = this.captured;
    this.captured = [];
    return taken;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { url = "", method = "", rawHeaders } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const way = WAYS.get(url) ?? "other";
    this.captured.push({ way, head: `${method} ${url}\n${rawHeaders.join("\n")}\n`, body });
    if (url === "/v1/logs") response.setHeader("content-type", "application/x-protobuf").end();
    else if (url === "/v1/categorize") json(response, categoryOf(body.toString("utf8")));
    else if (url === "/api/show") json(response, { details: { family: "llama" } });
    else if (url === "/api/chat") {
      const content = JSON.stringify(categoryOf(body.toString("utf8")));
      json(response, { message: { role: "assistant", content }, done: true });
    } else response.writeHead(404).end();
  }
}

/** Names and quotes whatever the prompt holds; general words where it names nobody. */
function categoryOf(asked: string): object {
  const name = /the customer (\p{L}+)/u.exec(asked)?.[1];
  const quote = /Fix the [^\\"]{10,90}/.exec(asked)?.[0];
  const isHostile = name !== undefined;
  return {
    category: "bugfix",
    confidence: 0.9,
    task_hint: isHostile ? `speed up the page of ${name}` : "make a page faster",
    project_hint: isHostile ? quote : "web application",
  };
}

function json(response: http.ServerResponse, body: object): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
}
