import process from "node:process";
import type { LogFields, Logger } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import { readOrCreateFirstStart } from "#state/first-start.ts";
import { readStatus } from "#state/status.ts";
import type { Status } from "#state/types.ts";
import type { Plan } from "../service/plan.ts";
import type { Service } from "../service/service.ts";
import { systemClock } from "../service/system.ts";
import { healthOf } from "../telemetry/health.ts";
import { type HealthServer, startHealth } from "../telemetry/health-server.ts";
import { observe } from "../telemetry/observations.ts";
import { type Level, startTelemetry, type Telemetry } from "../telemetry/telemetry.ts";

/** How long the last report may take when the collector stops. */
const LAST_REPORT_MS = 2_000;

/** What others may see of a running collector: its own telemetry and its health, each only where it is configured. */
export class Observing {
  /** Writes as the given one does, and to where the telemetry goes. */
  readonly log: Logger;
  /** Lines from before it is known whether anybody is told; undefined once it is. */
  #early: [Level, string, LogFields][] | undefined = [];
  #telemetry: Telemetry | undefined;
  #health: HealthServer | undefined;

  constructor(log: Logger) {
    const to =
      (level: Level) =>
      (message: string, fields: LogFields = {}) => {
        log[level](message, fields);
        this.#early?.push([level, message, fields]);
        this.#telemetry?.tell(level, message, fields);
      };
    this.log = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
  }

  /** Once the state is open. Throws when the endpoint of the health cannot be opened. */
  async start(service: Service, { once }: { once: boolean }): Promise<void> {
    const { plan } = service;
    const { telemetry, health } = plan.service;
    if (telemetry.otlp !== undefined) {
      const { instanceId } = readOrCreateFirstStart(plan.configDir, systemClock);
      const exporters = plan.exporters.map(({ id }) => id);
      this.#telemetry = await startTelemetry({
        otlp: telemetry.otlp,
        version: VERSION,
        instanceId,
        env: process.env,
        observe: () => {
          const status = statusOf(plan);
          const moment = {
            nowMs: Date.now(),
            memoryBytes: process.memoryUsage.rss(),
            lagBytes: service.lagBytes,
            exporters,
          };
          return status === undefined ? [] : observe(status, moment);
        },
      });
      for (const line of this.#early ?? []) this.#telemetry.tell(...line);
    }
    this.#early = undefined;
    if (health.endpoint !== undefined && !once) {
      this.#health = await startHealth(health.endpoint, () => {
        const status = statusOf(plan);
        return healthOf(status, (exporter) => isFull(exporter, plan, status));
      });
    }
  }

  async stop(): Promise<void> {
    await this.#health?.close();
    await this.#telemetry?.stop(LAST_REPORT_MS);
  }
}

function statusOf({ stateDir }: Plan): Status | undefined {
  try {
    return readStatus(stateDir);
  } catch {
    return undefined;
  }
}

function isFull(exporter: string, { pipelines, service }: Plan, status: Status | undefined): boolean {
  if (!pipelines.some(({ exporters: [primary] }) => primary === exporter)) return false;
  const state = status?.destinations.find((each) => each.exporter === exporter);
  const limit = service.outbox.limits[exporter]?.max_size ?? service.outbox.max_size;
  return state !== undefined && state.queued.bytes + state.parked.bytes >= limit;
}
