import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { CursorHome, munged, PROMPT_CANARY, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { Machine } from "../../collector/cmd/testing.ts";
import { followCursor } from "./testing.ts";

const FOLDER = "/home/dev/work/acme shop";
const RECORDER = path.resolve(import.meta.dirname, "hooks", "recorder.cjs");
const TURNS = 15;

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

const Line = z.object({
  resourceLogs: z.array(
    z.object({
      scopeLogs: z.array(
        z.object({
          logRecords: z.array(
            z.object({
              eventName: z.string(),
              attributes: z.array(
                z.object({
                  key: z.string(),
                  value: z.object({
                    stringValue: z.string().optional(),
                    intValue: z.coerce.number().optional(),
                  }),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The last version of each record of an event that left, by its id. */
function left(event: RegExp): Map<string, string | number>[] {
  const byUid = new Map<string, Map<string, string | number>>();
  for (const line of readFileSync(machine.outFile("file"), "utf8").split("\n").filter(Boolean)) {
    for (const { scopeLogs } of Line.parse(JSON.parse(line)).resourceLogs) {
      for (const { eventName, attributes } of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
        if (!event.test(eventName)) continue;
        const values = new Map(
          attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""] as const),
        );
        byUid.set(String(values.get("log.record.uid")), values);
      }
    }
  }
  return [...byUid.values()];
}

/** As Cursor runs the recorder. */
function hook(own: Record<string, unknown>): void {
  const payload = {
    hook_event_name: "stop",
    cursor_version: "3.18.2",
    model: "claude-sonnet-5",
    status: "completed",
    loop_count: 0,
    workspace_roots: [FOLDER],
    user_email: `${SECRET_CANARY}@example.com`,
    text: PROMPT_CANARY,
    output_tokens: 7,
    cache_read_tokens: 900,
    cache_write_tokens: 50,
    ...own,
  };
  const { stdout, status } = spawnSync(
    process.execPath,
    [RECORDER, path.join(machine.stateDir, "cursor-hooks")],
    {
      input: JSON.stringify(payload),
      env: { ...process.env, HOME: machine.home, CURSOR_VERSION: "3.18.2" },
    },
  );
  // It ends itself, whatever hangs.
  expect([stdout.toString(), status === 0 || status === null]).toEqual(["", true]);
}

it(
  "loses no counts of the recorder's and doubles none when killed at any moment",
  { timeout: 180_000 },
  async () => {
    const conversations = [0, 1].map((k) => ({
      id: uuid(`c${k}`),
      folder: FOLDER,
      model: "claude-sonnet-5",
      turns: [] as { atMs: number; prompt: string; answer: string }[],
    }));
    machine.run();
    while (!existsSync(path.join(machine.stateDir, "cursor-hooks", "key.pub"))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (let n = 0; n < TURNS; n += 1) {
      const conversation = conversations[n % 2];
      if (conversation === undefined) continue;
      const turn = { atMs: Date.now() - 1_000, prompt: `p${n}`, answer: `a${n}` };
      conversation.turns.push(turn);
      const hooked = () =>
        hook({
          conversation_id: conversation.id,
          generation_id: uuid(`${conversation.id} ${conversation.turns.length - 1} request`),
          transcript_path: cursor.transcriptFile(conversation),
          input_tokens: 1_000 + n,
        });
      if (n % 3 === 0) hooked();
      cursor.appendTurn(conversation, turn);
      if (n % 3 === 1) hooked();
      cursor.writeRows(conversation);
      if (n % 3 === 2) hooked();
      if (n % 5 === 4) {
        await machine.stop("SIGKILL");
        machine.run();
      }
    }
    await machine.stop("SIGKILL");
    expect((await machine.talos("run", "--once")).code).toBe(0);
    expect(left(/^talos\.prompt$/)).toHaveLength(TURNS);
    const requests = left(/^gen_ai\./);
    const inputs = requests.map((values) => Number(values.get("gen_ai.usage.input_tokens")));
    expect(inputs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: TURNS }, (_, n) => 1_000 + n));
    const [first] = requests;
    expect(Object.fromEntries(first ?? [])).toMatchObject({
      "talos.source": "cursor",
      "talos.source.via": "hook",
      "talos.source.version": "3.18.2",
      "talos.usage.provenance": "measured",
      "gen_ai.request.model": "claude-sonnet-5",
      "gen_ai.usage.cache_read.input_tokens": 900,
      "gen_ai.usage.cache_creation.input_tokens": 50,
      "talos.cwd.hash": expect.stringMatching(/^[0-9a-f]+$/),
    });
    // A command that only looks finds them, too, and leaves them there.
    const { stdout } = await machine.talos("usage", "--json", "--days", "2");
    expect(JSON.parse(stdout)).toMatchObject({ total: { requests: TURNS, outputTokens: 7 * TURNS } });
    const folder = path.join(machine.stateDir, "cursor-hooks");
    const said = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
    const everything = [readFileSync(machine.outFile("file"), "utf8"), machine.output, ...said].join("\n");
    for (const secret of [PROMPT_CANARY, SECRET_CANARY, FOLDER, munged(FOLDER)]) {
      expect(everything).not.toContain(secret);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  },
);
