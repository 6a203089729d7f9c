import type { ExporterFactory, Factory, ProcessorFactory, ReceiverFactory } from "#component/component.ts";
import { ConfigError, type ConfigProblem, parseInto } from "#config/errors.ts";
import type { LoadedConfig } from "#config/load.ts";
import { nearest } from "#config/nearest.ts";
import { defaultConfigDir, defaultStateDir, expandPath, type Home } from "#config/paths.ts";
import type { ServiceConfig } from "#config/service.ts";
import type { Mode } from "#proto/egress.ts";

export interface Planned<F extends Factory> {
  id: string;
  factory: F;
  /** Checked by the factory's schema. */
  config: unknown;
}

export interface PlannedPipeline {
  name: string;
  receivers: string[];
  processors: Planned<ProcessorFactory>[];
  /** The first is the primary. */
  exporters: string[];
  teamKey: Uint8Array;
  mode: Mode;
}

/** A configuration that can be run: every reference is resolved and every setting checked. */
export interface Plan {
  receivers: Planned<ReceiverFactory>[];
  exporters: Planned<ExporterFactory>[];
  pipelines: PlannedPipeline[];
  service: ServiceConfig;
  stateDir: string;
  configDir: string;
}

type Kind = Factory["kind"];
const SECTIONS = { receiver: "receivers", processor: "processors", exporter: "exporters" } as const;

/** Checks a whole configuration against the components there are. Throws ConfigError with every problem. */
export function planService(config: LoadedConfig, factories: readonly Factory[], home: Home): Plan {
  const problems: ConfigProblem[] = [...config.problems];
  const of = <K extends Kind>(kind: K) => readComponents(kind, config, factories, problems);
  const receivers = of("receiver");
  const processors = of("processor");
  const exporters = of("exporter");
  const pipelines = Object.entries(config.service.pipelines).flatMap(([name, pipeline]) => {
    const at = ["service", "pipelines", name];
    checkIds(pipeline.receivers, receivers, { kind: "receiver", at }, problems);
    checkIds(pipeline.exporters, exporters, { kind: "exporter", at }, problems);
    const chain = checkIds(pipeline.processors, processors, { kind: "processor", at }, problems);
    const teamKey = firstOf(chain, (factory, settings) => factory.teamKey?.(settings));
    if (teamKey === undefined && chain.length === pipeline.processors.length) {
      problems.push({
        path: [...at, "processors"],
        message: "needs cwd_hash: its salt keys the ids of every record",
      });
    }
    checkOrder(chain, [...at, "processors"], problems);
    const mode = firstOf(chain, (factory, settings) => factory.mode?.(settings)) ?? "off";
    return teamKey === undefined ? [] : [{ ...pipeline, name, processors: chain, teamKey, mode }];
  });
  checkSharing(config, problems);
  checkLimits(config, problems);
  if (problems.length > 0) throw new ConfigError(problems.map(config.describe), config.file);
  const used = new Set(pipelines.flatMap((pipeline) => [...pipeline.receivers, ...pipeline.exporters]));
  return {
    receivers: [...receivers.values()].filter(({ id }) => used.has(id)),
    exporters: [...exporters.values()].filter(({ id }) => used.has(id)),
    pipelines,
    service: config.service,
    ...folders(config, home),
  };
}

function folders(config: LoadedConfig, home: Home): Pick<Plan, "stateDir" | "configDir"> {
  const folder = (name: "state_dir" | "config_dir") => {
    const given = config.service[name];
    return given === undefined ? undefined : expandPath(given, home, config.baseDirOf(["service", name]));
  };
  const own = folder("state_dir");
  const configDir = folder("config_dir");
  return { stateDir: own ?? defaultStateDir(home), configDir: configDir ?? own ?? defaultConfigDir(home) };
}

type FactoryOf<K extends Kind> = Extract<Factory, { kind: K }>;

function readComponents<K extends Kind>(
  kind: K,
  config: LoadedConfig,
  factories: readonly Factory[],
  problems: ConfigProblem[],
): Map<string, Planned<FactoryOf<K>>> {
  const section = SECTIONS[kind];
  const candidates = factories.filter((factory): factory is FactoryOf<K> => factory.kind === kind);
  const components = new Map<string, Planned<FactoryOf<K>>>();
  for (const [id, input] of Object.entries(config[section])) {
    const type = id.split("/")[0] ?? "";
    if (!/^[a-zA-Z]\w{0,62}(\/[\w.-]{1,100})?$/.test(id)) {
      problems.push({ path: [section, id], message: 'an id is "type" or "type/name"' });
      continue;
    }
    const factory = candidates.find((candidate) => candidate.type === type);
    if (factory === undefined) {
      problems.push({
        path: [section, id],
        message: `no ${kind} of this type${suggestion(type, candidates)}`,
      });
      continue;
    }
    const settings = parseInto(problems, factory.config, input, [section, id]);
    if (settings !== undefined) components.set(id, { id, factory, config: settings });
  }
  return components;
}

function suggestion(type: string, candidates: readonly Factory[]): string {
  const types = candidates.map((candidate) => candidate.type);
  const guess = nearest(type, types);
  return guess === undefined ? `; there are ${types.join(", ")}` : `; did you mean "${guess}"?`;
}

/** Returns the named components; each name that the section does not hold is a problem. */
function checkIds<T>(
  ids: readonly string[],
  components: ReadonlyMap<string, T>,
  { kind, at }: { kind: Kind; at: string[] },
  problems: ConfigProblem[],
): T[] {
  return ids.flatMap((id, i) => {
    const path = [...at, SECTIONS[kind], i];
    if (ids.indexOf(id) < i) problems.push({ path, message: `"${id}" stands twice` });
    const component = components.get(id);
    if (component !== undefined) return [component];
    if (!problems.some((problem) => problem.path[0] === SECTIONS[kind] && problem.path[1] === id)) {
      const guess = nearest(id, [...components.keys()]);
      const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
      problems.push({ path, message: `"${id}" is not configured under ${SECTIONS[kind]}${hint}` });
    }
    return [];
  });
}

/** A limit for nobody is a slip: the destination that was meant has none. */
function checkLimits({ service, exporters }: LoadedConfig, problems: ConfigProblem[]): void {
  const ids = Object.keys(exporters);
  for (const id of Object.keys(service.outbox.limits).filter((name) => !ids.includes(name))) {
    const guess = nearest(id, ids);
    const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
    const path = ["service", "outbox", "limits", id];
    problems.push({ path, message: `"${id}" is not configured under exporters${hint}` });
  }
}

/** An exporter that one receiver reaches twice would get every record twice. */
function checkSharing({ service }: LoadedConfig, problems: ConfigProblem[]): void {
  const reached = new Map<string, string>();
  for (const [name, { receivers, exporters }] of Object.entries(service.pipelines)) {
    for (const route of receivers.flatMap((receiver) =>
      exporters.map((exporter) => `${receiver} → ${exporter}`),
    )) {
      const other = reached.get(route);
      if (other === undefined) reached.set(route, name);
      else {
        const message = `${route} is also in the pipeline ${other}: every record would be sent twice`;
        problems.push({ path: ["service", "pipelines", name], message });
      }
    }
  }
}

/** Secrets are taken out of a text before anybody reads it. */
function checkOrder(
  chain: readonly Planned<ProcessorFactory>[],
  path: string[],
  problems: ConfigProblem[],
): void {
  const redaction = chain.findIndex(({ factory }) => factory.mode !== undefined);
  for (const [i, { id, factory }] of chain.entries()) {
    if (factory.readsText !== true || (redaction >= 0 && redaction < i)) continue;
    problems.push({
      path: [...path, String(i)],
      message: `"${id}" reads texts: redaction must stand before it`,
    });
  }
}

function firstOf<T>(
  chain: readonly Planned<ProcessorFactory>[],
  read: (factory: ProcessorFactory, settings: unknown) => T | undefined,
): T | undefined {
  for (const { factory, config } of chain) {
    const found = read(factory, config);
    if (found !== undefined) return found;
  }
  return undefined;
}
