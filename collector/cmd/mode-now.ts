import { type Mode, MODES } from "#proto/egress.ts";
import { InForce } from "../consent/in-force.ts";
import type { ModeInForce } from "../service/modes.ts";
import { systemClock } from "../service/system.ts";
import { sourceOf } from "./enrolled.ts";
import type { PlanOptions } from "./options.ts";

/** What is in force on this machine, of several pipelines for the one that lets out most. Reads files alone. */
export function modeNow({ plan, tree }: Pick<PlanOptions, "plan" | "tree">): ModeInForce {
  const configured = plan.pipelines
    .map(({ mode }) => mode)
    .reduce<Mode>((a, b) => (MODES.indexOf(b) > MODES.indexOf(a) ? b : a), "off");
  const inForce = new InForce({ configDir: plan.configDir, clock: systemClock });
  inForce.configuredBy(sourceOf(tree));
  return inForce.now(configured);
}
