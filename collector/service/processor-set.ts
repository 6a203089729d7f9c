import type { Processor, ProcessorFactory } from "#component/component.ts";
import { sameComponent } from "./diff.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Plan, Planned } from "./plan.ts";

interface Running {
  planned: Planned<ProcessorFactory>;
  component: Processor;
}

/** The processors of every pipeline: each pipeline has its own instances. */
export class ProcessorSet {
  /** By pipeline and id. */
  readonly #running = new Map<string, Running>();

  get size(): number {
    return this.#running.size;
  }

  get components(): Processor[] {
    return [...this.#running.values()].map(({ component }) => component);
  }

  of(pipeline: string, { id }: Planned<ProcessorFactory>): Processor {
    const running = this.#running.get(keyOf(pipeline, id));
    if (running === undefined) throw new Error("a planned processor does not run");
    return running.component;
  }

  /** Those of this set that are not in the other. */
  without(other: ProcessorSet): Processor[] {
    const theirs = new Set(other.components);
    return this.components.filter((component) => !theirs.has(component));
  }

  /** The set that a plan wants: equal processors go on, others are made. Nothing new is left over when one refuses. */
  async next(
    plan: Plan,
    make: (planned: Planned<ProcessorFactory>) => Processor,
    lifecycle: Lifecycle,
  ): Promise<ProcessorSet> {
    const set = new ProcessorSet();
    try {
      for (const { name, processors } of plan.pipelines) {
        for (const planned of processors) {
          const key = keyOf(name, planned.id);
          const now = this.#running.get(key);
          if (now !== undefined && sameComponent(now.planned, planned)) set.#running.set(key, now);
          else {
            const component = make(planned);
            await lifecycle.start(component);
            set.#running.set(key, { planned, component });
          }
        }
      }
    } catch (error) {
      for (const component of set.without(this)) await lifecycle.shutDown(component);
      throw error;
    }
    return set;
  }
}

function keyOf(pipeline: string, processor: string): string {
  return `${pipeline}\0${processor}`;
}
