import { randomBytes } from "node:crypto";
import path from "node:path";
import process from "node:process";
import { VERSION } from "#config/version.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { logsRequest } from "#testkit/fakes.ts";
import { LocalBackend } from "../../e2e/backend.ts";
import type { Benchmark, BenchOptions, Finding } from "./benchmark.ts";
import { PROJECT, runTimed, sleep } from "./processes.ts";
import { figure, median } from "./statistics.ts";

const PER_REQUEST = 500;
const PATIENCE_MS = 120_000;
/** What `backend/test/cost.test.ts` holds the statements to. */
const [ROWS_PER_EVENT, ROWS_PER_TRANSACTION] = [2, 3];

export const ingest: Benchmark = {
  name: "ingest",
  title: "Events into the database",
  about:
    "Requests of 500 events to the api Worker, until a report counts the last one: Worker, queue, consumer and D1 run " +
    "on this machine, where a queue and a database are slower than the platform's.",
  run: measure,
};

async function measure({ quick, progress }: BenchOptions): Promise<Finding> {
  const rates: number[] = [];
  const accepted: number[] = [];
  // A new backend for each round: a team may send 10,000 events a minute.
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    progress(`round ${round}`);
    const backend = await LocalBackend.start();
    try {
      const result = await send(backend, quick ? 4 : 16);
      rates.push(result.stored);
      accepted.push(result.accepted);
    } finally {
      await backend.close();
    }
  }
  progress("rows written per event");
  const proven = await runTimed(process.execPath, [
    path.join(PROJECT, "node_modules/vitest/vitest.mjs"),
    "run",
    "backend/test/cost.test.ts",
  ]);
  const rows =
    proven.status === 0
      ? `Storing costs ${ROWS_PER_EVENT} rows written per event and ${ROWS_PER_TRANSACTION} per transaction of one session and day, as D1 ` +
        "itself counts them, and a repeat costs none: `backend/test/cost.test.ts`, which passed in this run."
      : "The rows written per event could not be counted: `backend/test/cost.test.ts` did not pass.";
  return {
    tables: [
      [
        ["", "median events/s"],
        ["accepted by the api Worker", figure(median(accepted))],
        ["counted by a report", figure(median(rates))],
      ],
    ],
    notes: [rows],
  };
}

/** Events per second until all were accepted, and until all were stored. */
async function send(backend: LocalBackend, requests: number): Promise<{ accepted: number; stored: number }> {
  const bodies = Array.from({ length: requests }, () => protobufCodec.encodeRequest(requestOf(PER_REQUEST)));
  const events = requests * PER_REQUEST;
  const begun = performance.now();
  for (const body of bodies) {
    const response = await fetch(`${backend.url}/v1/logs`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf", authorization: `Bearer ${backend.token}` },
      body: Buffer.from(body),
    });
    if (response.status !== 200) throw new Error(`the Worker answered ${response.status}`);
    const { partialSuccess } = protobufCodec.decodeResponse(new Uint8Array(await response.arrayBuffer()));
    if (partialSuccess !== undefined)
      throw new Error(`the Worker rejected ${partialSuccess.rejectedLogRecords} events`);
  }
  const accepted = (events / (performance.now() - begun)) * 1_000;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  while (
    (await backend.report(day(Date.now() - 86_400_000), day(Date.now() + 86_400_000))).totals.requests <
    events
  ) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error("events did not arrive");
    await sleep(50);
  }
  return { accepted, stored: (events / (performance.now() - begun)) * 1_000 };
}

function requestOf(count: number) {
  const request = logsRequest(count, {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.conversation.id": randomBytes(16).toString("hex"),
    "talos.usage.provenance": "measured",
    "talos.request.origin": "main",
    "talos.source": "claude_code",
    "talos.source.via": "transcript",
    "talos.cwd.hash": "c".repeat(64),
  });
  const seconds = BigInt(Math.floor(Date.now() / 1_000) - 60);
  for (const { resource, scopeLogs } of request.resourceLogs) {
    resource.attributes.push({ key: "service.version", value: { stringValue: VERSION } });
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      record.timeUnixNano = seconds * 1_000_000_000n;
      for (const { key, value } of record.attributes) {
        if (key === "log.record.uid") value.stringValue = randomBytes(16).toString("hex");
      }
    }
  }
  return request;
}
