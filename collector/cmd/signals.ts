import { closeSync, openSync } from "node:fs";

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

/**
 * From now on SIGHUP asks for a reload. What is asked before somebody listens is done then: a SIGHUP must not end a
 * collector that starts. When it came because the terminal was closed, the process stops as by SIGTERM instead.
 * Windows sends it only then, and its default is to stop.
 */
export function hangups(): { listen(reload: () => void): void } {
  let isAsked = false;
  let reload = () => {
    isAsked = true;
  };
  if (process.platform !== "win32") {
    const onTerminal = process.stdin.isTTY || process.stderr.isTTY;
    process.on("SIGHUP", () => {
      if (onTerminal && !terminalIsThere()) process.kill(process.pid, "SIGTERM");
      else reload();
    });
  }
  return {
    listen(next) {
      reload = next;
      if (isAsked) next();
    },
  };
}

function terminalIsThere(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
