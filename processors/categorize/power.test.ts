import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Power, readPower } from "./power.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "power-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const BATTERY = { type: "Battery", status: "Discharging" };

describe("Linux tells by its power supplies", () => {
  it.each<[string, Record<string, Record<string, string>>, Power]>([
    ["none", {}, "unknown"],
    ["a battery that is used", { BAT0: BATTERY }, "battery"],
    [
      "a battery beside an unplugged charger",
      { AC: { type: "Mains", online: "0" }, BAT0: BATTERY },
      "battery",
    ],
    ["a battery beside a plugged charger", { AC: { type: "Mains", online: "1" }, BAT0: BATTERY }, "mains"],
    ["a charger by USB", { UCSI: { type: "USB", online: "1" }, BAT0: BATTERY }, "mains"],
    ["a battery that is charged", { BAT0: { type: "Battery", status: "Charging" } }, "unknown"],
    ["the battery of a mouse", { hid0: { ...BATTERY, scope: "Device" } }, "unknown"],
    ["nothing readable", { BAT0: {} }, "unknown"],
  ])("%s", async (_what, supplies, power) => {
    for (const [name, files] of Object.entries(supplies)) {
      await mkdir(path.join(folder, name));
      for (const [file, text] of Object.entries(files)) {
        await writeFile(path.join(folder, name, file), `${text}\n`);
      }
    }
    expect(await readPower("linux", { supplies: folder })).toBe(power);
  });

  it("a system without that folder does not tell", async () => {
    expect(await readPower("linux", { supplies: path.join(folder, "none") })).toBe("unknown");
  });
});

describe.skipIf(process.platform === "win32")("macOS tells by pmset", () => {
  it.each<[string, Power]>([
    ["echo \"Now drawing from 'Battery Power'\"", "battery"],
    ["echo \"Now drawing from 'AC Power'\"", "mains"],
    ["echo \"Now drawing from 'UPS Power'\"", "unknown"],
    ["exit 1", "unknown"],
  ])("%s", async (script, power) => {
    const pmset = path.join(folder, "pmset");
    await writeFile(pmset, `#!/bin/sh\n[ "$*" = "-g batt" ] || exit 2\n${script}\n`);
    await chmod(pmset, 0o755);
    expect(await readPower("darwin", { pmset })).toBe(power);
  });

  it("a system without it does not tell", async () => {
    expect(await readPower("darwin", { pmset: path.join(folder, "none") })).toBe("unknown");
  });
});

it("Windows does not tell", async () => {
  expect(await readPower("win32")).toBe("unknown");
});
