import { randomBytes } from "node:crypto";
import http from "node:http";
import { workerData, parentPort } from "node:worker_threads";
import type * as z from "zod";
import { batchOf, LOST, post } from "./load-batch.ts";
import { EVERY_MS, FlooderData, RECORDS, Told } from "./load-flood.ts";
import { sleep } from "./processes.ts";

/** A thread of its own that sends far more than a team may, whatever it is told. Its parent says where to, and when. */

const AT_ONCE = 3;
const { url, token } = FlooderData.parse(workerData);
if (parentPort === null) throw new Error("this runs as a thread only");
const port = parentPort;
let told: z.output<typeof Told> = "none";
/** By the Workers' word, milliseconds since the Unix epoch, UTC. */
let allowedMs = 0;

/** What it costs to send what is refused, without the Workers. */
async function startControl(): Promise<{ url: string; server: http.Server }> {
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(429, { "retry-after": "5" }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return { url: `http://127.0.0.1:${address.port}`, server };
}

/** A batch is built anew only where it was taken, which is seldom: what is measured is not this thread. */
async function send(control: string): Promise<void> {
  let batch = batchOf(RECORDS, randomBytes(16).toString("hex"));
  for (;;) {
    const to = told;
    if (to === "end") return;
    if (to !== "none") {
      const isElsewhere = to === "control" && Date.now() < allowedMs;
      const { status, waitS } = await post(isElsewhere ? control : url, token, batch);
      if (!isElsewhere && status === 429) allowedMs = Date.now() + waitS * 1_000;
      port.postMessage({ to, status, uids: status === 200 || status === LOST ? batch.uids : [] });
      if (status === 200) batch = batchOf(RECORDS, randomBytes(16).toString("hex"));
    }
    await sleep(EVERY_MS);
  }
}

port.on("message", (message) => {
  told = Told.parse(message);
});
const control = await startControl();
await Promise.all(Array.from({ length: AT_ONCE }, () => send(control.url)));
control.server.closeAllConnections();
control.server.close();
port.close();
