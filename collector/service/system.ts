import os from "node:os";
import type { Clock, Platform } from "#component/component.ts";

/** The real clock. Timers never keep the process alive by themselves: the service does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    // Longer delays than a timer holds would fire at once.
    const timer = setTimeout(task, Math.min(delayMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** The machine this process runs on. */
export function systemPlatform(): Platform {
  const platform = process.platform;
  return {
    os: platform === "darwin" || platform === "win32" ? platform : "linux",
    homeDir: os.homedir(),
    env: process.env,
  };
}
