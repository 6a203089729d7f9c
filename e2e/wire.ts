import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Sent {
  path: string;
  /** The request line and the headers, as they came. */
  head: string;
  /** As it came: compressed where it was. */
  bytes: Buffer;
}

export interface Wire {
  url: string;
  /** All that machines sent to the Workers. */
  sent: Sent[];
  close(): Promise<void>;
}

/** Between machines and the Workers: keeps what goes by. */
export async function startWire(target: string): Promise<Wire> {
  const sent: Sent[] = [];
  const server = createServer((incoming, answer) => void pass(incoming, answer, { target, sent }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent, close };
}

async function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { target, sent }: { target: string; sent: Sent[] },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const { method = "", url = "", rawHeaders } = incoming;
  sent.push({ path: url, head: `${method} ${url}\n${rawHeaders.join("\n")}\n`, bytes });
  const headers = { ...incoming.headers, host: new URL(target).host };
  const onward = request(target + url, { method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  onward.end(bytes);
}
