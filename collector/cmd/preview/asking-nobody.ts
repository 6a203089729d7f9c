import type { Later, Processor, ProcessorFactory, Resolved } from "#component/component.ts";
import { promptExcerpt } from "#proto/categories.ts";
import { attributeRule, type Mode } from "#proto/egress.ts";
import { categorizeFactory } from "../../../processors/categorize/factory.ts";
import type { CategorizeConfig } from "../../../processors/categorize/config.ts";
import type { Planned } from "../../service/plan.ts";

/** A request that was not made. */
export interface Unasked {
  url: string;
  body: { prompt: string };
}

export interface AskingNobody {
  /** Sees what the team's backend would have been asked. */
  unasked: (this: void, request: Unasked) => void;
  /** What then becomes of the text. */
  becomes: (this: void, record: Parameters<Later["resolve"]>[0]) => Resolved;
}

/** The same processor; where it would ask the team's backend for a category, it only says so. Others stay as they are. */
export function askingNobody(
  planned: Planned<ProcessorFactory>,
  options: AskingNobody,
): Planned<ProcessorFactory> {
  if (!isCategorize(planned)) return planned;
  const { endpoint, token: _, provider, ...others } = planned.config;
  if (endpoint === undefined || (provider !== "cloud" && provider !== "auto")) return planned;
  const url = `${endpoint.href.replace(/\/+$/, "")}/v1/categorize`;
  const config: CategorizeConfig = { ...others, provider: provider === "cloud" ? "rules" : provider };
  const create: ProcessorFactory["create"] = (settings) =>
    asking(categorizeFactory.create(settings, config), url, options);
  return { ...planned, factory: { ...planned.factory, create } };
}

function asking(real: Processor, url: string, { unasked, becomes }: AskingNobody): Processor {
  const later: Later = {
    wants: (record) => real.later?.wants(record) === true,
    async resolve(record, signal, mode) {
      if (!asksBackend(mode))
        return (await real.later?.resolve(record, signal, mode)) ?? { kind: "done", record };
      unasked({ url, body: { prompt: promptExcerpt(record.body ?? "") } });
      return becomes(record);
    },
  };
  return {
    start: () => real.start(),
    shutdown: (signal) => real.shutdown(signal),
    process: (records) => real.process(records),
    later,
  };
}

/** True where the contract lets the backend's model read a prompt. */
function asksBackend(mode: Mode): boolean {
  return attributeRule("talos.prompt", "talos.category.method", mode)?.values?.includes("haiku") === true;
}

/** The factory's own schema has checked it. */
function isCategorize(
  planned: Planned<ProcessorFactory>,
): planned is Planned<ProcessorFactory> & { config: CategorizeConfig } {
  return planned.factory.type === categorizeFactory.type;
}
