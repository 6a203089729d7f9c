import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import type { Platform } from "#component/component.ts";

export type Power = "battery" | "mains" | "unknown";

const SUPPLIES = "/sys/class/power_supply";
const PMSET = "/usr/bin/pmset";
const PMSET_TIMEOUT_MS = 2_000;

/** What runs this computer, where the system tells without being asked in an own language: Linux and macOS. */
export async function readPower(
  os: Platform["os"],
  { supplies = SUPPLIES, pmset = PMSET } = {},
): Promise<Power> {
  if (os === "linux") return readSupplies(supplies);
  return os === "darwin" ? readPmset(pmset) : "unknown";
}

async function readSupplies(folder: string): Promise<Power> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return "unknown";
  }
  const found = await Promise.all(names.map((name) => readSupply(`${folder}/${name}`)));
  if (found.includes("mains")) return "mains";
  return found.includes("battery") ? "battery" : "unknown";
}

/** A mouse has a battery, too: its scope is `Device`. */
async function readSupply(folder: string): Promise<Power> {
  const [type, online, status, scope] = await Promise.all(
    ["type", "online", "status", "scope"].map((name) => readText(`${folder}/${name}`)),
  );
  if (type === "Mains" || type === "USB") return online === "1" ? "mains" : "unknown";
  return type === "Battery" && scope !== "Device" && status === "Discharging" ? "battery" : "unknown";
}

async function readText(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    return "";
  }
}

function readPmset(file: string): Promise<Power> {
  return new Promise((resolve) => {
    execFile(file, ["-g", "batt"], { timeout: PMSET_TIMEOUT_MS }, (error, stdout) => {
      if (error === null && stdout.includes("'Battery Power'")) resolve("battery");
      else resolve(error === null && stdout.includes("'AC Power'") ? "mains" : "unknown");
    });
  });
}
