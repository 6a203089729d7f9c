export interface StopSignal {
  /** Resolves at the first SIGINT or SIGTERM, with its name. */
  promise: Promise<string>;
  /** Aborts at the same moment. */
  signal: AbortSignal;
}

/** A second SIGINT or SIGTERM ends the process at once: the state is safe at any moment. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const promise = new Promise<string>((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
      resolve(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
  return { promise, signal: controller.signal };
}
