import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { Benchmark, BenchOptions, Finding } from "./benchmark.ts";
import { figure, median } from "./statistics.ts";

const RECORDS = 1_000;
const TIME_S = 1_790_000_000;

export const codec: Benchmark = {
  name: "codec",
  title: "OTLP as protobuf and as JSON",
  about:
    "1,000 records as the collector sends them, beside the serializers of " +
    "[@opentelemetry/otlp-transformer](https://www.npmjs.com/package/@opentelemetry/otlp-transformer), which read no requests.",
  run: measure,
};

async function measure({ quick, progress }: BenchOptions): Promise<Finding> {
  const request = ourRequest();
  const theirs = sdkRecords();
  const [protobuf, json] = [protobufCodec.encodeRequest(request), jsonCodec.encodeRequest(request)];
  const jobs: Record<string, { run: () => unknown; bytes: number }> = {
    "encode protobuf": { run: () => protobufCodec.encodeRequest(request), bytes: protobuf.length },
    "encode protobuf, OpenTelemetry": {
      run: () => ProtobufLogsSerializer.serializeRequest(theirs),
      bytes: ProtobufLogsSerializer.serializeRequest(theirs)?.length ?? 0,
    },
    "encode JSON": { run: () => jsonCodec.encodeRequest(request), bytes: json.length },
    "encode JSON, OpenTelemetry": {
      run: () => JsonLogsSerializer.serializeRequest(theirs),
      bytes: JsonLogsSerializer.serializeRequest(theirs)?.length ?? 0,
    },
    "decode protobuf": { run: () => protobufCodec.decodeRequest(protobuf), bytes: protobuf.length },
    "decode JSON": { run: () => jsonCodec.decodeRequest(json), bytes: json.length },
    "JSON.parse alone": {
      run: () => {
        JSON.parse(new TextDecoder().decode(json));
      },
      bytes: json.length,
    },
  };
  const times = new Map(Object.keys(jobs).map((name) => [name, [] as number[]]));
  const rounds = quick ? 4 : 15;
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round}`);
    for (const [name, job] of Object.entries(jobs)) {
      const ms = timeOf(job.run);
      // The first rounds are compiled while they run.
      if (round >= 2) times.get(name)?.push(ms);
    }
  }
  const ofJson = (name: string) =>
    median(times.get(name.startsWith("encode") ? "encode JSON" : "decode JSON") ?? []);
  const rows = Object.entries(jobs).map(([name, { bytes }]) => {
    const ms = median(times.get(name) ?? []);
    return [name, figure((ms * 1_000) / RECORDS), figure(bytes / RECORDS), figure(ofJson(name) / ms)];
  });
  return {
    tables: [[["", "median µs per record", "bytes per record", "times our JSON's speed"], ...rows]],
    notes: [],
  };
}

/** Milliseconds for one of several calls. */
function timeOf(run: () => unknown): number {
  const calls = 10;
  const begun = performance.now();
  for (let i = 0; i < calls; i += 1) run();
  return (performance.now() - begun) / calls;
}

function attributesOf(n: number): Record<string, string | number> {
  return {
    "log.record.uid": n.toString(16).padStart(32, "0"),
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.response.model": "claude-sonnet-4-6",
    "gen_ai.conversation.id": "5".repeat(32),
    "gen_ai.usage.input_tokens": 23_206 + n,
    "gen_ai.usage.output_tokens": 412 + n,
    "gen_ai.usage.cache_read.input_tokens": 18_000 + n,
    "gen_ai.usage.cache_write.input_tokens": 5_200 + n,
    "talos.usage.cache_write_5m_tokens": 1_200,
    "talos.usage.cache_write_1h_tokens": 4_000,
    "talos.usage.provenance": "measured",
    "talos.request.origin": "main",
    "talos.turn.id": "7".repeat(32),
    "talos.source": "claude_code",
    "talos.source.version": "2.1.330",
    "talos.cwd.hash": "c".repeat(64),
  };
}

const EVENT = "gen_ai.client.inference.operation.details";
const RESOURCE = { "service.name": "talos-auditor", "talos.privacy.mode": "off" };

function ourRequest(): LogsRequest {
  const keyValues = (values: Record<string, string | number>) =>
    Object.entries(values).map(([key, value]) => ({
      key,
      value: typeof value === "string" ? { stringValue: value } : { intValue: value },
    }));
  const logRecords = Array.from({ length: RECORDS }, (_, n) => ({
    timeUnixNano: BigInt(TIME_S) * 1_000_000_000n,
    eventName: EVENT,
    attributes: keyValues(attributesOf(n)),
  }));
  const scope = { name: "talos.receiver.claude_code", version: "0.1.0", attributes: [] };
  return {
    resourceLogs: [{ resource: { attributes: keyValues(RESOURCE) }, scopeLogs: [{ scope, logRecords }] }],
  };
}

function sdkRecords(): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(RESOURCE),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("talos.receiver.claude_code", "0.1.0");
  for (let n = 0; n < RECORDS; n += 1) {
    logger.emit({ timestamp: [TIME_S, 0], eventName: EVENT, attributes: attributesOf(n) });
  }
  return exporter.getFinishedLogRecords();
}
