import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ServiceConfig } from "#config/service.ts";
import {
  LOG_FIELDS,
  LOG_MESSAGES,
  METRICS,
  type MetricRule,
  TELEMETRY_HEADERS,
  TELEMETRY_LABELS,
  TELEMETRY_RESOURCE,
  TELEMETRY_SCOPE,
  telemetryLine,
} from "#proto/egress-telemetry.ts";
import { readStatus } from "#state/status.ts";
import { batch, commitOf, Folder, record } from "#state/testing.ts";
import { observe } from "./observations.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";

const CANARY = "canary-4417";
const SECRET_DESTINATION = `otlp_http/${CANARY}`;

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let folder: Folder;
let server: Server;
let telemetry: Telemetry;
const received: Received[] = [];

beforeEach(async () => {
  folder = new Folder();
  received.length = 0;
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await telemetry.stop(1_000);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  folder.dispose();
});

/** A state with something of everything, whose destination has a name that nobody may see. */
function fill(): void {
  const exporters = [SECRET_DESTINATION, "file", `${SECRET_DESTINATION}:text`, "text:logs", "text:more"];
  const store = folder.open({ exporters });
  for (const name of ["r1", "r2", "r3"]) {
    const one = [record(name, { local: { request: `${CANARY}-${name}` } })];
    const commit = commitOf(store, one, []);
    commit.counters = new Map([
      ["read", 3],
      ["accepted", 1],
      ["dropped:duplicate", 1],
      [`dropped:${CANARY.replace("-", "_")}`, 1],
      [`spooled/${SECRET_DESTINATION}`, 1],
      ["skipped:not_routed/file", 1],
      ["receiver_read_bytes", 100],
      ["processor_redaction_removed_bodies", 2],
      [`processor_redaction_${CANARY.replace("-", "_")}`, 2],
    ]);
    const queues = name === "r1" ? exporters.filter((each) => each !== "file") : [SECRET_DESTINATION];
    commit.batches = queues.map((exporter) => batch(store, one, { exporter }));
    store.commit(commit);
  }
  const [first, second] = store.take(SECRET_DESTINATION, { maxBytes: 1e9, maxBatches: 9 });
  store.acknowledge(SECRET_DESTINATION, [first?.id ?? 0], 0);
  store.purge(SECRET_DESTINATION, [second?.id ?? 0], "expired");
}

async function start(): Promise<Telemetry> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is an object
  const { port } = server.address() as AddressInfo;
  const { telemetry: settings } = ServiceConfig.parse({
    telemetry: { otlp: { endpoint: `http://127.0.0.1:${port}/team`, headers: { "x-key": "the-key" } } },
    pipelines: { logs: { receivers: ["a"], exporters: ["b"] } },
  });
  if (settings.otlp === undefined) throw new Error("not configured");
  return startTelemetry({
    otlp: settings.otlp,
    version: "1.2.3",
    instanceId: "0".repeat(32),
    env: { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" },
    observe: () => {
      const status = readStatus(folder.dir);
      const moment = {
        nowMs: 60_000,
        memoryBytes: 1_000,
        lagBytes: 77,
        exporters: [SECRET_DESTINATION, "file"],
      };
      return status === undefined ? [] : observe(status, moment);
    },
  });
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number; doubleValue?: number };
}
interface Point {
  attributes: Attribute[];
  asInt?: number;
  asDouble?: number;
}
interface Metric {
  name: string;
  unit: string;
  sum?: { dataPoints: Point[] };
  gauge?: { dataPoints: Point[] };
}

const named = (attributes: Attribute[]) => attributes.map(({ key }) => key);

function metrics(): Metric[] {
  const bodies = received
    .filter((each) => each.path === "/team/v1/metrics")
    .map(({ body }) => JSON.parse(body));
  return bodies.at(-1).resourceMetrics[0].scopeMetrics[0].metrics as Metric[];
}

const pointsOf = (metric: Metric | undefined) => metric?.sum?.dataPoints ?? metric?.gauge?.dataPoints ?? [];
const byName = (name: string) => pointsOf(metrics().find((metric) => metric.name === name));

describe("what is sent", () => {
  beforeEach(async () => {
    fill();
    process.env["OTEL_EXPORTER_OTLP_HEADERS"] = `authorization=${CANARY}`;
    process.env["OTEL_RESOURCE_ATTRIBUTES"] = `host.name=${CANARY}`;
    process.env["OTEL_SERVICE_NAME"] = CANARY;
    try {
      telemetry = await start();
    } finally {
      for (const name of ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"])
        delete process.env[name];
    }
    telemetry.tell("warn", "delivery failed: nothing is lost, trying again", {
      exporter: SECRET_DESTINATION,
      reason: `POST answered ${CANARY}`,
      wait_ms: 1_000,
    });
    telemetry.tell("error", `a message of nobody: ${CANARY}`, {
      records: 3,
      file: CANARY,
      cause: `${CANARY} x`,
    });
    telemetry.tell("debug", CANARY, {});
    await telemetry.stop(10_000);
  });

  it("is of the contract alone: metrics, units, labels and their values", () => {
    const rules = new Map<string, MetricRule>(Object.values(METRICS).map((rule) => [rule.name, rule]));
    expect(metrics().length).toBeGreaterThan(10);
    for (const metric of metrics()) {
      const rule = rules.get(metric.name);
      expect(rule).toMatchObject({ unit: metric.unit, kind: metric.sum === undefined ? "gauge" : "counter" });
      for (const { attributes } of pointsOf(metric)) {
        expect(named(attributes).toSorted()).toEqual([...(rule?.labels ?? [])].toSorted());
        for (const { key, value } of attributes) {
          const values: readonly (string | undefined)[] =
            TELEMETRY_LABELS[key as keyof typeof TELEMETRY_LABELS];
          expect(values).toContain(value.stringValue);
        }
      }
    }
  });

  it("counts what the state counts, per destination by its place", () => {
    const other = [{ key: "talos.reason", value: { stringValue: "other" } }];
    expect(byName("talos_receiver_accepted_log_records")).toMatchObject([{ asDouble: 3 }]);
    expect(byName("talos_receiver_file_lag")).toMatchObject([{ asDouble: 77 }]);
    expect(byName("talos_receiver_read_bytes")).toMatchObject([{ asDouble: 300 }]);
    expect(byName("talos_receiver_dropped_log_records")).toContainEqual(
      expect.objectContaining({ attributes: other }),
    );
    const first = expect.arrayContaining([{ key: "talos.destination", value: { stringValue: "1" } }]);
    expect(byName("talos_exporter_sent_log_records")).toContainEqual(
      expect.objectContaining({ attributes: first, asDouble: 1 }),
    );
    expect(byName("talos_exporter_purged_log_records")).toMatchObject([{ asDouble: 1 }]);
    expect(byName("talos_exporter_oldest_unsent_age")).toContainEqual(
      expect.objectContaining({ attributes: first, asDouble: 60 }),
    );
  });

  it("tells numbers, content and texts that wait apart, those of all pipelines as one", () => {
    const waiting = byName("talos_exporter_queue_size").map(({ attributes, asDouble }) =>
      [...attributes.map(({ value }) => value.stringValue), asDouble].join(" "),
    );
    expect(new Set(waiting)).toEqual(
      new Set(["file 2 numbers 0", "none none unread 2", "otlp_http 1 content 1", "otlp_http 1 numbers 1"]),
    );
  });

  it("is, of log lines, a known message and the fields that the table names", () => {
    const body = received.find((each) => each.path === "/team/v1/logs")?.body ?? "";
    const [resourceLogs] = JSON.parse(body).resourceLogs;
    const [{ scope, logRecords }] = resourceLogs.scopeLogs;
    expect(scope).toEqual({ name: TELEMETRY_SCOPE, version: "1.2.3" });
    expect(named(resourceLogs.resource.attributes).toSorted()).toEqual([...TELEMETRY_RESOURCE].toSorted());
    expect(
      logRecords.map((line: { body: Attribute["value"]; attributes: Attribute[]; severityText: string }) => [
        line.severityText,
        line.body.stringValue,
        named(line.attributes),
      ]),
    ).toEqual([
      ["WARN", "delivery failed: nothing is lost, trying again", ["wait_ms"]],
      ["ERROR", "other", ["records"]],
    ]);
  });

  it("names nobody: no canary in any body or header, whatever the environment holds", () => {
    expect(received.length).toBeGreaterThan(1);
    expect(JSON.stringify(received)).not.toContain(CANARY);
    expect(received[0]?.headers).toMatchObject({ "x-key": "the-key" });
    expect(received[0]?.headers["authorization"]).toBeUndefined();
    const heads = received.flatMap(({ headers }) => Object.keys(headers));
    expect([...new Set(heads)].toSorted()).toEqual([...TELEMETRY_HEADERS, "x-key"].toSorted());
    for (const { headers } of received)
      expect(headers["user-agent"]).toMatch(/^OTel-OTLP-Exporter-JavaScript\/[\d.]+$/);
  });
});

describe("the table", () => {
  beforeEach(async () => {
    telemetry = await start();
  });

  it("has no message that no code writes", () => {
    const sources = globSync("{collector,receivers,processors,exporters}/**/*.ts", {
      cwd: path.resolve(import.meta.dirname, "../.."),
    });
    const text = sources
      .filter((file) => !file.endsWith(".test.ts"))
      .map((file) => readFileSync(path.resolve(import.meta.dirname, "../..", file), "utf8"))
      .join("\n");
    expect(LOG_MESSAGES.filter((message) => !text.includes(`"${message}"`))).toEqual([]);
  });

  it("lets no field pass whose value does not fit", () => {
    const fields = {
      records: "3",
      cause: "a b",
      reason: `POST answered 500 ${CANARY}`,
      wait_ms: Number.NaN,
      constructor: 1,
    };
    expect(telemetryLine("collector started", fields)).toEqual({ message: "collector started", fields: {} });
    expect(Object.keys(LOG_FIELDS)).not.toContain("exporter");
  });

  it("is in docs/telemetry.md, metric by metric and label by label", () => {
    const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/telemetry.md"), "utf8");
    for (const { name, meaning } of Object.values(METRICS))
      expect(page).toMatch(new RegExp(`\`${name}\`.*${meaning}`));
    for (const [name, values] of Object.entries(TELEMETRY_LABELS)) {
      const cells = `\\| ${values.map((value) => `\`${value}\``).join(", ")} +\\|`;
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` +${cells}`, "m"));
    }
  });
});

it.each([
  ["http://example.com", "https"],
  ["https://example.com/v1/logs", "/v1/logs"],
])("refuses the endpoint %s", async (endpoint, hint) => {
  telemetry = await start();
  const pipelines = { logs: { receivers: ["a"], exporters: ["b"] } };
  const result = ServiceConfig.safeParse({ telemetry: { otlp: { endpoint } }, pipelines });
  expect(result.error?.issues[0]?.message).toContain(hint);
});
