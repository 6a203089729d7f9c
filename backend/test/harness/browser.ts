import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Of Debian's two, the shell draws no windows and needs a third of the time. Elsewhere `CHROMIUM` names one. */
const NAMED = process.env["CHROMIUM"];
const EXECUTABLE = (
  NAMED === undefined ? ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"] : [NAMED]
).find((file) => existsSync(file));

/** False where no browser is installed: tests that need one then say that they were skipped. */
export const hasBrowser = EXECUTABLE !== undefined;
if (!hasBrowser) {
  process.stderr.write(
    "Browser tests skipped: no Chromium (apt-get install chromium-headless-shell, or set CHROMIUM).\n",
  );
}

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE ?? "none", args: FLAGS });
}
