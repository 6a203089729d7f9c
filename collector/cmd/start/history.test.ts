import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readBackfillRequest } from "../../service/backfill-files.ts";
import { readPlan } from "../options.ts";
import { Machine, until } from "../testing.ts";
import { History } from "./history.ts";

let machine: Machine;
let said: string[];
let history: History;
beforeEach(() => {
  machine = new Machine({ startAt: "end" });
  said = [];
  const { plan } = readPlan(machine.configFile);
  history = new History({ plan, say: (text) => void said.push(text), now: Date.now });
});
afterEach(() => machine.dispose());

const asks = (text: string) => until(() => said.some((line) => line.includes(text)), text);
const requested = () => readBackfillRequest(machine.stateDir);

it("counts in memory, and asks before anything is brought in", async () => {
  machine.request("s", { output: 5, atMs: Date.now() - 5_000 });
  history.key("y");
  history.key("h");
  history.key("h");
  await asks("Bring them in?");
  expect(said.join("\n")).toContain("1 file, 1 request, 15 tokens");
  expect(said.filter((line) => line.startsWith("Counting"))).toHaveLength(1);
  expect(existsSync(machine.stateDir)).toBe(false);
  history.key("n");
  expect(requested()).toBeUndefined();
  expect(said.at(-1)).toContain("Not brought in");
});

it("asks the running collector for it after y, and not twice", async () => {
  machine.request("s", { output: 5, atMs: Date.now() - 5_000 });
  history.key("h");
  await asks("Bring them in?");
  history.key("y");
  expect(requested()).toMatchObject({ to: undefined });
  expect(Number(requested()?.untilMs) - Number(requested()?.sinceMs)).toBeGreaterThan(29 * 86_400_000);
  history.key("h");
  await asks("being brought in already");
});

it("says that there is nothing", async () => {
  history.key("h");
  await asks("Nothing was found");
  history.key("y");
  expect(requested()).toBeUndefined();
});
