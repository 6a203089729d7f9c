import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificates } from "#testkit/certificate.ts";
import { ConnectProxy } from "#testkit/connect-proxy.ts";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { CollectorProcess } from "./collector.ts";
import { findLeaks } from "./leaks.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

const HOST = "talos.example.test";
const PASSWORD = "CANARY-PASSWORD-93c1";
const origin = makeCertificates(HOST);
const company = makeCertificates(HOST);

let server: HttpFaultServer;
let proxy: ConnectProxy;
beforeAll(async () => {
  server = await HttpFaultServer.start(origin);
  const intercept = { shows: company, trusts: origin.ca };
  proxy = await ConnectProxy.start({ credentials: `ana:${PASSWORD}`, to: { port: server.port }, intercept });
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

it("passes a proxy with authentication and an authority of its own, by two lines of YAML", async () => {
  const home = mkdtempSync(path.join(tmpdir(), "talos-proxy-"));
  const writer = new TranscriptWriter(home, { sessions: 2, random: seeded(5), now: Date.now });
  for (let n = 0; n < 20; n += 1) writer.step();
  writer.finish();
  const ca = path.join(home, "company.pem");
  writeFileSync(ca, company.ca);
  const [salt, token] = ["a-team-salt-of-32-characters-012", "token-1"];
  const twoLines = [
    `    proxy: { url: "${proxy.url}", username: ana, password: "${PASSWORD}" }`,
    `    tls: { ca_file: "${ca}" }`,
  ];
  const options = { home, endpoint: `https://${HOST}:8443`, token, salt };

  const without = new CollectorProcess(options);
  expect(
    (await without.command("run", "--once", "--drain-timeout", "1", "--config", without.configFile)).status,
  ).toBe(3);
  expect(server.received).toEqual([]);

  const collector = new CollectorProcess({ ...options, more: { yaml: twoLines.join("\n"), ids: [] } });
  expect(await collector.runOnce()).toBe(0);
  const records = server.received.flatMap(({ logs }) => logs?.resourceLogs ?? []);
  const count = records.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords).length;
  expect(count).toBe(writer.truth.requests + writer.truth.prompts);
  expect(new Set(proxy.asked)).toEqual(new Set([`${HOST}:8443`]));
  expect(
    findLeaks([collector.stateDir], [PASSWORD, ...writer.canaries], {
      output: Buffer.from(collector.output),
    }),
  ).toEqual([]);
});
