import type { Logger as OtelLogger, Meter, Observable } from "@opentelemetry/api";
import type { LogFields, Logger } from "#component/component.ts";
import type { ServiceConfig } from "#config/service.ts";
import { METRICS, TELEMETRY_SCOPE, telemetryLine } from "#proto/egress-telemetry.ts";
import type { Observation } from "./observations.ts";

export type Level = keyof Logger;

export interface TelemetryOptions {
  otlp: NonNullable<ServiceConfig["telemetry"]["otlp"]>;
  version: string;
  instanceId: string;
  env: Readonly<Record<string, string | undefined>>;
  /** What the collector's state says now; nothing while it cannot be read. */
  observe(): Observation[];
}

export interface Telemetry {
  /** Sends what the contract allows of a log line. */
  tell(level: Level, message: string, fields: LogFields): void;
  /** Sends what is left, for at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

/** What the collector tells of itself, over OTLP. The libraries are loaded only when it is asked for. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { resourceFromAttributes } = await import("@opentelemetry/resources");
  const resource = resourceFromAttributes({
    "service.name": "talos-auditor",
    "service.version": options.version,
    "service.instance.id": options.instanceId,
  });
  const target = await exporters(options);
  const { MeterProvider, PeriodicExportingMetricReader } = await import("@opentelemetry/sdk-metrics");
  const { LoggerProvider, BatchLogRecordProcessor } = await import("@opentelemetry/sdk-logs");
  const reader = new PeriodicExportingMetricReader({
    exporter: target.metrics,
    exportIntervalMillis: options.otlp.interval,
    exportTimeoutMillis: Math.min(options.otlp.interval, 10_000),
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const loggers = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: target.logs })],
  });
  measure(meters.getMeter(TELEMETRY_SCOPE, options.version), options);
  const emitter = loggers.getLogger(TELEMETRY_SCOPE, options.version);
  return {
    tell(level, message, fields) {
      if (level !== "debug") emit(emitter, level, telemetryLine(message, fields));
    },
    async stop(timeoutMs) {
      const ended = Promise.allSettled([meters.shutdown(), loggers.shutdown()]);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)))]);
      clearTimeout(timer);
    },
  };
}

/**
 * The libraries add headers, certificates and time-outs from `OTEL_EXPORTER_OTLP_*`, which are meant for whatever else
 * this user traces: those must not go to this address, so they are hidden while the exporters are made.
 */
async function exporters({ otlp, env }: TelemetryOptions) {
  const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-http");
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
  const headers = Object.fromEntries(
    Object.entries(otlp.headers).map(([name, value]) => [name, value.reveal()]),
  );
  const base = otlp.endpoint.href.replace(/\/+$/, "");
  const proxyEnv = otlp.endpoint.protocol === "https:" ? { proxyEnv: { ...env } } : {};
  const httpAgentOptions = { keepAlive: true, ...proxyEnv };
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith("OTEL_"));
  for (const [name] of hidden) delete process.env[name];
  try {
    return {
      logs: new OTLPLogExporter({ url: `${base}/v1/logs`, headers, httpAgentOptions }),
      metrics: new OTLPMetricExporter({ url: `${base}/v1/metrics`, headers, httpAgentOptions }),
    };
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}

/** Instruments are those of the contract's table and no other. */
function measure(meter: Meter, options: TelemetryOptions): void {
  const instruments = new Map<string, Observable>();
  for (const [key, { name, kind, unit, meaning }] of Object.entries(METRICS)) {
    const about = { unit, description: meaning };
    instruments.set(
      key,
      kind === "counter"
        ? meter.createObservableCounter(name, about)
        : meter.createObservableGauge(name, about),
    );
  }
  meter.addBatchObservableCallback(
    (result) => {
      for (const { metric, value, labels } of options.observe()) {
        const instrument = instruments.get(metric);
        if (instrument !== undefined) result.observe(instrument, value, labels);
      }
    },
    [...instruments.values()],
  );
}

/** The numbers of OpenTelemetry's severities. */
const SEVERITY: Record<Level, number> = { debug: 5, info: 9, warn: 13, error: 17 };

function emit(
  emitter: OtelLogger,
  level: Level,
  { message, fields }: { message: string; fields: LogFields },
): void {
  emitter.emit({
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    body: message,
    attributes: fields,
  });
}
