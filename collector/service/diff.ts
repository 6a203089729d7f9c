import type { Factory } from "#component/component.ts";
import type { ServiceConfig } from "#config/service.ts";
import type { Plan, Planned } from "./plan.ts";
import { isPlain, sameSettings } from "./same-settings.ts";

/** What happens to the components of one kind. A changed one is stopped and started. */
export interface Steps<F extends Factory> {
  keep: string[];
  stop: string[];
  start: Planned<F>[];
}

/** Compares what runs with what should run: equal id and equal settings mean that the instance stays. */
export function stepsTo<F extends Factory>(
  running: readonly Planned<F>[],
  wanted: readonly Planned<F>[],
): Steps<F> {
  const kept = new Set(
    wanted.filter((next) => running.some((now) => sameComponent(now, next))).map(({ id }) => id),
  );
  return {
    keep: [...kept],
    stop: running.map(({ id }) => id).filter((id) => !kept.has(id)),
    start: wanted.filter(({ id }) => !kept.has(id)),
  };
}

export function sameComponent<F extends Factory>(a: Planned<F>, b: Planned<F>): boolean {
  return a.id === b.id && a.factory === b.factory && sameSettings(a.config, b.config);
}

/** Settings of `service` that take effect while running. */
const LIVE = ["batch", "outbox.max_size", "outbox.max_age", "outbox.limits", "logs", "pipelines", "reload"];

/** The new plan as far as it can be had without a restart, and the settings that wait for one. */
export function livePlan(before: Plan, after: Plan): { plan: Plan; needsRestart: string[] } {
  const needsRestart = changedLeaves(before.service, after.service, "")
    .filter((name) => !/^(state|config)_dir$/.test(name))
    .filter((name) => !LIVE.some((live) => name === live || name.startsWith(`${live}.`)))
    .map((name) => `service.${name}`);
  if (before.stateDir !== after.stateDir) needsRestart.push("service.state_dir");
  if (before.configDir !== after.configDir) needsRestart.push("service.config_dir");
  const { batch, logs, pipelines, reload, outbox } = after.service;
  const service: ServiceConfig = {
    ...before.service,
    batch,
    logs,
    pipelines,
    reload,
    outbox: { ...outbox, key_source: before.service.outbox.key_source },
  };
  const { stateDir, configDir } = before;
  return { plan: { ...after, service, stateDir, configDir }, needsRestart };
}

/** True when nothing differs that a running collector could apply. */
export function samePlan(a: Plan, b: Plan): boolean {
  return (
    sameSettings(a.service, b.service) &&
    sameList(a.receivers, b.receivers) &&
    sameList(a.exporters, b.exporters) &&
    a.pipelines.length === b.pipelines.length &&
    a.pipelines.every((pipeline, i) => sameList(pipeline.processors, b.pipelines[i]?.processors ?? []))
  );
}

function sameList<F extends Factory>(a: readonly Planned<F>[], b: readonly Planned<F>[]): boolean {
  return a.length === b.length && a.every((one, i) => b[i] !== undefined && sameComponent(one, b[i]));
}

/** Paths of the settings that differ, as deep as both sides are groups. */
function changedLeaves(a: unknown, b: unknown, path: string): string[] {
  if (sameSettings(a, b)) return [];
  if (!isPlain(a) || !isPlain(b)) return [path];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) =>
    changedLeaves(a[name], b[name], path === "" ? name : `${path}.${name}`),
  );
}
