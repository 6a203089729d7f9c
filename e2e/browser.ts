import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's Chromium; elsewhere `CHROMIUM` names another. */
const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** False where no browser is installed: tests that need one then say that they were skipped. */
export const hasBrowser = existsSync(EXECUTABLE);

export function launchBrowser(): Promise<Browser> {
  const quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking";
  const args = [...quiet.split(" "), "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args });
}
