import type { AnyValue, KeyValue, LogRecord, LogsRequest, ResourceLogs } from "#proto/logs.ts";

export function attributes(values: Record<string, string | number | boolean>): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: toValue(value) }));
}

function toValue(value: string | number | boolean): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  return typeof value === "number" ? { intValue: value } : { boolValue: value };
}

const nowS = () => Math.floor(Date.now() / 1000);

export interface RequestFields {
  uid: string;
  atS?: number;
  session?: string;
  cwd?: string;
  model?: string;
  values?: Record<string, string | number | boolean>;
}

/** A record of one AI request as the collector sends it in mode `off`. */
export function requestRecord(fields: RequestFields): LogRecord {
  return {
    timeUnixNano: BigInt(fields.atS ?? nowS() - 60) * 1_000_000_000n,
    eventName: "gen_ai.client.inference.operation.details",
    attributes: attributes({
      "log.record.uid": fields.uid,
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.response.model": fields.model ?? "claude-sonnet-5-5",
      "gen_ai.conversation.id": fields.session ?? "5".repeat(32),
      "gen_ai.usage.input_tokens": 23_206,
      "gen_ai.usage.output_tokens": 412,
      "gen_ai.usage.cache_read.input_tokens": 18_000,
      "gen_ai.usage.cache_write.input_tokens": 5200,
      "talos.usage.cache_write_5m_tokens": 1200,
      "talos.usage.cache_write_1h_tokens": 4000,
      "talos.request.origin": "main",
      "talos.source": "claude_code",
      "talos.cwd.hash": fields.cwd ?? "c".repeat(64),
      ...fields.values,
    }),
  };
}

/** A request of Cursor's: a model that was selected, and without `values` no token counts. */
export function cursorRecord(fields: Omit<RequestFields, "cwd">): LogRecord {
  const record = requestRecord({ ...fields, values: {} });
  const kept = record.attributes.filter(({ key }) => !/usage|model|source/.test(key));
  const own = {
    "gen_ai.request.model": fields.model ?? "default",
    "talos.source": "cursor",
    "talos.source.via": "database",
  };
  const rest = { ...own, ...fields.values };
  return { ...record, attributes: [...kept, ...attributes(rest)] };
}

/** With a body, it is one of mode `full`. */
export function promptRecord({
  body,
  ...fields
}: Omit<RequestFields, "model"> & { body?: string }): LogRecord {
  const atS = fields.atS ?? nowS() - 60;
  return {
    timeUnixNano: BigInt(atS - (atS % 60)) * 1_000_000_000n,
    eventName: "talos.prompt",
    ...(body === undefined ? {} : { body: { stringValue: body } }),
    attributes: attributes({
      "log.record.uid": fields.uid,
      "gen_ai.conversation.id": fields.session ?? "5".repeat(32),
      "talos.source": "claude_code",
      "talos.cwd.hash": fields.cwd ?? "c".repeat(64),
      ...fields.values,
    }),
  };
}

/** The text of an answer, in mode `full`. */
export function completionRecord({
  body,
  ...fields
}: Omit<RequestFields, "cwd"> & { body: string }): LogRecord {
  return {
    timeUnixNano: BigInt(fields.atS ?? nowS() - 60) * 1_000_000_000n,
    eventName: "talos.completion",
    body: { stringValue: body },
    attributes: attributes({
      "log.record.uid": fields.uid,
      "gen_ai.response.model": fields.model ?? "claude-sonnet-5-5",
      "gen_ai.conversation.id": fields.session ?? "5".repeat(32),
      ...fields.values,
    }),
  };
}

export function resourceLogs(records: LogRecord[], mode = "off"): ResourceLogs {
  return {
    resource: {
      attributes: attributes({
        "service.name": "talos-auditor",
        "service.version": "0.1.0",
        "service.instance.id": "1".repeat(32),
        "talos.privacy.mode": mode,
      }),
    },
    scopeLogs: [
      {
        scope: { name: "talos.receiver.claude_code", version: "0.1.0", attributes: [] },
        logRecords: records,
      },
    ],
  };
}

export function logsRequest(records: LogRecord[], mode = "off"): LogsRequest {
  return { resourceLogs: [resourceLogs(records, mode)] };
}

export function uid(n: number): string {
  return n.toString(16).padStart(32, "0");
}
