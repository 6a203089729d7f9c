import os from "node:os";
import path from "node:path";
import type { Platform } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import { yamlText } from "#config/yaml-text.ts";
import { StateError } from "#state/errors.ts";
import { readStatus } from "#state/status.ts";
import { ControlClient } from "../../service/control-client.ts";
import type { Snapshot } from "../../service/control-protocol.ts";
import { pauseAt, readPauses } from "../../service/pauses.ts";
import { inForce } from "../config-command.ts";
import type { Setting } from "../config/effective.ts";
import type { SchemaNode } from "../config/schema-node.ts";
import { checks } from "./checks.ts";
import { Scrubber, tellable, words } from "./redact.ts";
import type { Entry } from "./tar.ts";

/** Everything of a bundle, in memory, redacted. Throws ConfigError when the configuration cannot be used. */
export async function collect(
  config: string[] | undefined,
  { platform, nowMs }: { platform: Platform; nowMs: number },
): Promise<Entry[]> {
  const { plan, settings } = inForce(config);
  const scrub = new Scrubber(platform);
  const json = (name: string, value: unknown): Entry => ({
    name,
    text: `${JSON.stringify(scrub.deep(value), undefined, 2)}\n`,
  });
  const { counters, ...status } = statusOf(plan.stateDir);
  const running = await snapshotOf(plan.stateDir, platform.os);
  const entries = [
    json("versions.json", versions(running)),
    { name: "configuration.yaml", text: yamlText(settings.map((each) => entryOf(each, scrub))) },
    json("status.json", { ...status, paused: isPaused(plan.configDir, nowMs), process: usage(running) }),
    json("counters.json", counters ?? {}),
    json("doctor.json", await checks(config)),
  ];
  if (running !== undefined) entries.push({ name: "log.jsonl", text: logText(running, scrub) });
  return entries;
}

function versions(running: Snapshot | undefined): unknown {
  return {
    talos: VERSION,
    running: running?.version,
    node: process.versions.node,
    os: process.platform,
    // Of 6.8.0-45-generic, 6.8: what follows may name a machine's own build.
    osRelease: /^\d+(\.\d+)?/.exec(os.release())?.[0],
    arch: process.arch,
  };
}

/** Without the number of the process. A state that cannot be read is told by its code. */
function statusOf(stateDir: string): Record<string, unknown> {
  try {
    const { pid: _, ...status } = readStatus(stateDir) ?? { pid: undefined, state: "none yet" };
    return status;
  } catch (error) {
    return { state: error instanceof StateError ? error.code : "unreadable" };
  }
}

function isPaused(configDir: string, nowMs: number): boolean | "unreadable" {
  try {
    return pauseAt(readPauses(configDir), nowMs) !== undefined;
  } catch {
    return "unreadable";
  }
}

/** Undefined where no collector answers. */
async function snapshotOf(stateDir: string, system: Platform["os"]): Promise<Snapshot | undefined> {
  let client: ControlClient | undefined;
  try {
    client = await ControlClient.connect(stateDir, system);
    return (await client.ask("snapshot")).snapshot;
  } catch {
    return undefined;
  } finally {
    client?.close();
  }
}

function usage(running: Snapshot | undefined): unknown {
  if (running === undefined) return "not answering";
  const { uptimeMs, rssBytes, heapBytes, cpuMicros } = running;
  return { uptimeMs, rssBytes, heapBytes, cpuMicros };
}

function logText({ recent }: Snapshot, scrub: Scrubber): string {
  const lines = recent.map(({ atMs, level, message, fields }) => {
    const told = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, words(value)]));
    return scrub.deep({ at: new Date(atMs).toISOString(), level, message, fields: told });
  });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function entryOf(setting: Setting, scrub: Scrubber) {
  const { value, from, origin, node } = setting;
  const shown = isOwnWord(setting) ? value : tellable(value, choicesOf(node));
  return {
    path: setting.path.map((key) => scrub.text(key)),
    value: scrub.deep(shown),
    // The folders around a configuration file may be a project's.
    comment: from === "default" ? origin : scrub.text(path.win32.basename(origin)),
  };
}

/** The words that a setting takes. */
function choicesOf(node: SchemaNode | undefined): unknown[] {
  if (node === undefined) return [];
  const others = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return [...(node.enum ?? []), node["const"], ...others.flatMap(choicesOf)];
}

/** Defaults, and the ids of components in pipelines. */
function isOwnWord({ from, path: [section, group] }: Setting): boolean {
  return (
    (from === "default" && group !== "state_dir" && group !== "config_dir") ||
    (section === "service" && group === "pipelines")
  );
}
