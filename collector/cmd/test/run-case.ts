import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Exporter, ExporterFactory, SendResult } from "#component/component.ts";
import { ConfigError } from "#config/errors.ts";
import { VERSION } from "#config/version.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { createLogger } from "../../service/logger.ts";
import type { Plan, Planned } from "../../service/plan.ts";
import { Service } from "../../service/service.ts";
import { systemClock, systemPlatform } from "../../service/system.ts";
import { plainRecord } from "../tap-text.ts";
import type { Outcome } from "./compare.ts";
import { fedReceivers } from "./feed.ts";
import type { Case } from "./test-file.ts";

const PATIENCE_MS = 30_000;

/**
 * Runs one case through its receivers, processors and gate, in a folder of its own that is removed. No network. The
 * home folder of a test is the same on every machine.
 */
export async function runCase(plan: Plan, each: Case, baseDir: string): Promise<Outcome> {
  const dir = mkdtempSync(path.join(tmpdir(), "talos-test-"));
  try {
    return await runIn(dir, plan, { each, baseDir });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runIn(
  dir: string,
  plan: Plan,
  { each, baseDir }: { each: Case; baseDir: string },
): Promise<Outcome> {
  const exporter = each.exporter ?? plan.pipelines[0]?.exporters[0] ?? "";
  if (!plan.exporters.some(({ id }) => id === exporter))
    throw new ConfigError(["exporter: no pipeline of the configuration has it"]);
  writeFirstStart(dir, each);
  const { os } = systemPlatform();
  const taken = new Map<string, LogsRequest[]>();
  const service = await Service.open({
    plan: {
      ...plan,
      stateDir: path.join(dir, "state"),
      configDir: path.join(dir, "config"),
      service: { ...plan.service, outbox: { ...plan.service.outbox, key_source: "memory" } },
      receivers: fedReceivers(plan.receivers, each.input, { dir: path.join(dir, "input"), baseDir }),
      exporters: plan.exporters.map((one) => capturing(one, taken)),
    },
    version: VERSION,
    clock: systemClock,
    log: createLogger({ level: "error", format: "text", write: () => {}, now: Date.now }),
    platform: { os, homeDir: os === "win32" ? "C:\\Users\\me" : "/home/me", env: {} },
    once: true,
  });
  try {
    await service.start();
    await service.readToEnd();
    await service.drain(AbortSignal.timeout(PATIENCE_MS));
    const dropped = Object.entries(service.store.balance().dropped).filter(([, count]) => count > 0);
    return { records: recordsIn(taken.get(exporter) ?? []), drops: Object.fromEntries(dropped) };
  } finally {
    await service.stop(AbortSignal.abort());
  }
}

/** Without a `first_start`, everything is younger than the first start. */
function writeFirstStart(dir: string, { first_start: at }: Case): void {
  mkdirSync(path.join(dir, "config"), { mode: 0o700 });
  const moment = { first_start_ms: at === undefined ? 0 : Date.parse(at), instance_id: "0".repeat(32) };
  writeFileSync(path.join(dir, "config", "first-start.json"), JSON.stringify(moment), { mode: 0o600 });
}

/** Takes what the exporter would be given, by the same rules of delivery. */
function capturing(
  planned: Planned<ExporterFactory>,
  taken: Map<string, LogsRequest[]>,
): Planned<ExporterFactory> {
  const { id, factory } = planned;
  const exporter: Exporter = {
    start: async () => {},
    shutdown: async () => {},
    async send(request): Promise<SendResult> {
      taken.set(id, [...(taken.get(id) ?? []), request]);
      return { kind: "delivered", rejected: 0 };
    },
  };
  return { ...planned, factory: { ...factory, create: () => exporter } };
}

function recordsIn(requests: readonly LogsRequest[]): Outcome["records"] {
  return requests
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map((record) => plainRecord(record));
}
