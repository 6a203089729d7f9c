import http from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What the next chat does instead of answering. */
export type OllamaFault =
  /** Lines of a stream, as if one had been asked for. */
  | "streams"
  /** A head, and nothing after it. */
  | "stalls"
  | "never_answers"
  /** The first half of an answer, then the end. */
  | "half"
  /** A whole answer whose content is half of its JSON. */
  | "half_content"
  | "not_json"
  | "server_error"
  | "redirect"
  | "huge"
  | "reset";

interface FakeModel {
  /** Where Ollama passes it on to; empty for one that it runs itself. */
  remoteHost?: string;
}

/** What the model says about a prompt. Text that is no answer is sent as it is. */
export type Answering = (prompt: string) => unknown;

const PLAIN = {
  category: "feature",
  task_hint: "add a setting",
  project_hint: "web application",
  confidence: 0.9,
};

/** An Ollama on this computer: it has the models that were pulled, answers one chat after the other, and fails by script. */
export class FakeOllama {
  readonly models = new Map<string, FakeModel>();
  /** Paths in order. */
  readonly asked: string[] = [];
  /** All bodies, as one text: what this side learns. */
  learned = "";
  /** Heads of all requests, as one text. */
  heads = "";
  /** The most chats that were open at once. */
  mostAtOnce = 0;
  answer: Answering = () => PLAIN;
  readonly #faults: OllamaFault[] = [];
  readonly #server = http.createServer((request, response) => void this.#handle(request, response));
  readonly #sockets = new Set<Socket>();
  #open = 0;
  #redirectTo = "";

  private constructor() {
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** With the model that is asked unless the configuration names another one. `port` to come back after `close`. */
  static async start(port = 0): Promise<FakeOllama> {
    const fake = new FakeOllama();
    fake.models.set("llama3.1:8b", {});
    await new Promise<void>((resolve) => fake.#server.listen(port, "127.0.0.1", resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the next chats do, in order. */
  next(...faults: OllamaFault[]): void {
    this.#faults.push(...faults);
  }

  /** Where `redirect` leads. */
  redirectTo(url: string): void {
    this.#redirectTo = url;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.on("error", () => {});
    const path = request.url ?? "";
    this.asked.push(path);
    this.heads += `${request.method} ${path}\n${request.rawHeaders.join("\n")}\n`;
    const text = await read(request);
    this.learned += text;
    const body = JSON.parse(text === "" ? "{}" : text) as {
      model?: string;
      messages?: { content: string }[];
    };
    if (path === "/api/version") return json(response, 200, { version: "0.13.0" });
    const model = this.models.get(body.model ?? "");
    if (model === undefined) return json(response, 404, { error: `model '${body.model}' not found` });
    if (path === "/api/show") {
      const { remoteHost = "" } = model;
      return json(response, 200, {
        details: { family: "llama" },
        ...(remoteHost !== "" && { remote_host: remoteHost, remote_model: body.model }),
      });
    }
    if (path === "/api/chat") return this.#chat(body.messages?.at(-1)?.content ?? "", response);
    json(response, 404, { error: "not found" });
  }

  #chat(prompt: string, response: http.ServerResponse): void {
    this.#open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.on("close", () => (this.#open -= 1));
    const said = this.answer(prompt);
    const content = typeof said === "string" ? said : JSON.stringify(said);
    const whole = { model: "llama3.1:8b", message: { role: "assistant", content }, done: true };
    switch (this.#faults.shift()) {
      case "streams":
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        for (const letter of content) {
          response.write(`${JSON.stringify({ message: { content: letter }, done: false })}\n`);
        }
        response.end(`${JSON.stringify({ message: { content: "" }, done: true })}\n`);
        return;
      case "stalls":
        response.writeHead(200, { "content-type": "application/json" }).write("{");
        return;
      case "never_answers":
        return;
      case "half": {
        const text = JSON.stringify(whole);
        response.writeHead(200, { "content-type": "application/json" }).end(text.slice(0, text.length / 2));
        return;
      }
      case "half_content":
        json(response, 200, { ...whole, message: { content: content.slice(0, content.length / 2) } });
        return;
      case "not_json":
        response.writeHead(200, { "content-type": "text/html" }).end(`<html>${prompt}</html>`);
        return;
      case "server_error":
        json(response, 500, { error: `no memory for: ${prompt}` });
        return;
      case "redirect":
        response.writeHead(307, { location: this.#redirectTo }).end();
        return;
      case "huge":
        json(response, 200, { ...whole, message: { content: " ".repeat(8_000_000) } });
        return;
      case "reset":
        response.socket?.resetAndDestroy();
        return;
      case undefined:
        // A moment, so that two at once would be seen.
        setTimeout(() => json(response, 200, whole), 5);
    }
  }
}

function json(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function read(request: http.IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
  } catch {
    return "";
  }
  return Buffer.concat(chunks).toString("utf8");
}
