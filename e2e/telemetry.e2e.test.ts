import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { freePort } from "./backend.ts";
import { CollectorProcess } from "./collector.ts";
import { findLeaks } from "./leaks.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

let backend: HttpFaultServer;
let server: Server;
let told = "";
beforeAll(async () => {
  backend = await HttpFaultServer.start();
  server = createServer((request, response) => {
    told += `\n${request.url} ${JSON.stringify(request.headers)} `;
    request.on("data", (chunk: Buffer) => {
      told += chunk.toString("utf8");
    });
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await backend.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it("a running collector tells of itself and of its health, and names nobody and nothing of the work", async () => {
  const home = mkdtempSync(path.join(tmpdir(), "talos-telemetry-"));
  const writer = new TranscriptWriter(home, { sessions: 3, random: seeded(3), now: Date.now });
  for (let n = 0; n < 50; n += 1) writer.step();
  writer.finish();
  const salt = "a-team-salt-of-32-characters-012";
  const token = "CANARY-TOKEN-71ab";
  const collector = new CollectorProcess({ home, endpoint: backend.url, token, salt });
  const { port } = server.address() as AddressInfo;
  const healthPort = await freePort();
  const telemetry = `otlp: { endpoint: "http://127.0.0.1:${port}", interval: 1s }`;
  const more = `service:\n  telemetry: { ${telemetry} }\n  health: { endpoint: "127.0.0.1:${healthPort}" }`;
  const config = readFileSync(collector.configFile, "utf8").replace("service:", more);
  writeFileSync(collector.configFile, config.replaceAll("otlp_http/talos", "otlp_http/CANARY-CUSTOMER-5e"));
  collector.run();
  const health = () =>
    fetch(`http://127.0.0.1:${healthPort}/`).then(
      (r) => r.json(),
      () => undefined,
    );
  await expect.poll(health, { timeout: 30_000 }).toEqual({ status: "ok", troubles: [] });
  await expect
    .poll(() => told, { timeout: 30_000 })
    .toMatch(/talos_exporter_sent_log_records.*"asDouble":[1-9]/);
  expect(await collector.kill("SIGTERM")).toBe(0);
  expect(told).toMatch(/\/v1\/logs .*collector started.*collector stopped/s);
  const canaries = [
    ...writer.canaries,
    token,
    salt,
    home,
    "CANARY-CUSTOMER",
    collector.dir,
    path.basename(home),
  ];
  expect(findLeaks([], canaries, { "the telemetry": Buffer.from(told) })).toEqual([]);
});
