import type { Mode } from "#proto/egress.ts";
import type { CategorizeConfig } from "../../../processors/categorize/config.ts";
import { categorizeFactory } from "../../../processors/categorize/factory.ts";
import type { RulesReason } from "../../../processors/categorize/model.ts";
import { lookAtOllama, ollamaEndpoint } from "../../../processors/categorize/ollama.ts";
import { mayRead, readersOf } from "../../../processors/categorize/reader.ts";
import { InForce } from "../../consent/in-force.ts";
import type { Planned } from "../../service/plan.ts";
import { systemClock } from "../../service/system.ts";
import { type Check, fail, type Finding, ok, skip, type Subject, together, warn } from "./check.ts";

const PATIENCE_MS = 5_000;

/** Where a prompt would be read by the model on this computer: whether it could be. It is shown nothing. */
export const ollama: Check = {
  id: "ollama",
  title: "Ollama",
  look: async (subject) => {
    const asking = readers(subject);
    if (asking.length === 0) return skip("not needed: no prompt is categorized");
    const needed = asking.filter(({ reader }) => reader === "ollama");
    const [first] = asking;
    if (needed.length === 0) {
      const who = first?.reader === "haiku" ? "the team's backend" : "rules";
      return skip(`not needed: prompts are categorized by ${who} (${first?.mode})`);
    }
    if (subject.offline) return skip("left out by --offline");
    const configs = new Map(needed.map(({ id, config }) => [id, config]));
    return together(await Promise.all(Array.from(configs, ([id, config]) => ask(id, config))));
  },
};

interface Asking {
  id: string;
  config: CategorizeConfig;
  mode: Mode;
  /** Undefined: by rules. */
  reader: ReturnType<typeof readersOf>[number] | undefined;
}

/** Who is asked for categories, for each processor whose pipeline may read texts now. */
function readers({ planned: { plan } }: Subject): Asking[] {
  const inForce = new InForce({ configDir: plan.configDir, clock: systemClock });
  return plan.pipelines.flatMap((pipeline) => {
    const { mode } = inForce.now(pipeline.mode);
    return pipeline.processors
      .filter(isCategorize)
      .filter(() => mode !== "off")
      .map(({ id, config }) => ({
        id,
        config,
        mode,
        reader: readersOf(config).find((method) => mayRead(method, mode)),
      }));
  });
}

/** The factory's own schema has checked it. */
function isCategorize(planned: {
  factory: unknown;
  config: unknown;
}): planned is Planned<never> & { config: CategorizeConfig } {
  return planned.factory === categorizeFactory;
}

async function ask(id: string, config: CategorizeConfig): Promise<Finding> {
  const { model } = config;
  const endpoint = ollamaEndpoint(config);
  const state = await lookAtOllama({ endpoint, model }, AbortSignal.timeout(PATIENCE_MS));
  if (state === "ready") return ok(`${endpoint.host} has ${model}`);
  if (state === "remote_model") {
    return fail(
      `${model} does not run on this computer, so it is never asked; ${MEANWHILE}`,
      `name one that does in \`processors.${id}.model\``,
    );
  }
  const { what, fix } = troubleOf(state, { id, model });
  return warn(`${endpoint.host} ${what}; ${MEANWHILE}`, fix);
}

const MEANWHILE = "prompts are categorized by rules meanwhile";

function troubleOf(
  state: RulesReason,
  { id, model }: { id: string; model: string },
): { what: string; fix: string } {
  const pull = `get the model: \`ollama pull ${model}\``;
  if (state === "unreachable") return { what: "does not answer", fix: `start it: \`ollama serve\`; ${pull}` };
  if (state === "no_model") return { what: `does not have ${model}`, fix: pull };
  if (state === "late") return { what: "does not answer in time", fix: "start it anew: `ollama serve`" };
  return {
    what: "answers, but not as Ollama does",
    fix: `look at what listens there, or mend \`processors.${id}.endpoint\``,
  };
}
