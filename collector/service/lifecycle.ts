import type { Component, Logger } from "#component/component.ts";

/** How long a component that is taken out may take to finish what it holds. */
const PATIENCE_MS = 5_000;

/** Starts and stops single components. */
export class Lifecycle {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** A component that refuses holds nothing afterwards. */
  async start(component: Component): Promise<void> {
    try {
      await component.start();
    } catch (error) {
      await this.shutDown(component);
      throw error;
    }
  }

  /** One component's trouble at the end must not keep the others from stopping. */
  async shutDown(component: Component, signal: AbortSignal = patience()): Promise<void> {
    try {
      await component.shutdown(signal);
    } catch (error) {
      this.#log.error("a component did not stop cleanly", {
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }
}

export function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
