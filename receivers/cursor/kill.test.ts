import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CursorHome, munged, PROMPT_CANARY, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { Machine } from "../../collector/cmd/testing.ts";
import { followCursor } from "./testing.ts";

const FOLDER = "/home/dev/work/acme shop";
const TURNS = 60;

let machine: Machine;
let cursor: CursorHome;
beforeEach(() => {
  machine = new Machine();
  cursor = new CursorHome(machine.home);
  followCursor(machine, cursor.userDir);
});
afterEach(async () => {
  cursor.close();
  await machine.dispose();
});

/** Ids of what left, by event. */
function left(): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  const file = machine.outFile("file");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const [, event = "", uid = ""] of text.matchAll(
    /"eventName":"([^"]+)"[^[]*"attributes":\[\{"key":"log\.record\.uid","value":\{"stringValue":"([0-9a-f]{32})"/g,
  )) {
    ids.set(event, [...(ids.get(event) ?? []), uid]);
  }
  return ids;
}

it(
  "a collector that is killed again and again loses no turn of Cursor's and doubles none",
  { timeout: 120_000 },
  async () => {
    const conversations = [0, 1, 2].map((k) => ({
      id: uuid(`c${k}`),
      folder: FOLDER,
      model: "gpt-5",
      turns: [] as { atMs: number; prompt: string; answer: string }[],
    }));
    machine.run();
    const startMs = Date.now() - 3_600_000;
    for (let n = 0; n < TURNS; n += 1) {
      const conversation = conversations[n % 3];
      const turn = { atMs: startMs + n * 30_000, prompt: `p${n}`, answer: `a${n}` };
      if (conversation !== undefined) {
        cursor.appendTurn(conversation, turn);
        conversation.turns.push(turn);
        cursor.writeRows(conversation, n % 2 === 0 ? "replace" : "upsert");
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (n % 12 === 11) {
        await machine.stop("SIGKILL");
        machine.run();
      }
    }
    await machine.stop("SIGKILL");
    const { code, stderr } = await machine.talos("run", "--once");
    expect([code, stderr]).toEqual([0, expect.anything()]);
    const ids = left();
    const requests = ids.get("gen_ai.client.inference.operation.details") ?? [];
    const prompts = ids.get("talos.prompt") ?? [];
    expect([new Set(requests).size, new Set(prompts).size]).toEqual([TURNS, TURNS]);
    const everything = readFileSync(machine.outFile("file"), "utf8") + machine.output;
    for (const secret of [PROMPT_CANARY, SECRET_CANARY, FOLDER, munged(FOLDER), uuid("c0")]) {
      expect(everything).not.toContain(secret);
    }
  },
);
