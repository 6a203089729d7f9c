import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { type Component, defineReceiver, type Factory, type ReceiverHost } from "#component/component.ts";
import { emptyUnit } from "#component/unit.ts";
import { parseConfigText } from "#config/load.ts";
import { testSettings } from "#testkit/fakes.ts";
import { components } from "../components.ts";
import { planService } from "../../service/plan.ts";
import { runCase } from "./run-case.ts";
import type { Case } from "./test-file.ts";

const Where = z.strictObject({ folder: z.string().default("/nowhere") });

/** Another kind of receiver: each line of a file is malformed. */
class Counting implements Component {
  readonly #folder: string;
  readonly #host: ReceiverHost;

  constructor({ folder }: z.output<typeof Where>, host: ReceiverHost) {
    this.#folder = folder;
    this.#host = host;
  }

  async start(): Promise<void> {
    const unit = emptyUnit({ name: "test", version: "1" });
    const names = readdirSync(this.#folder, { recursive: true, withFileTypes: true });
    const lines = names
      .filter((entry) => entry.isFile())
      .flatMap(({ parentPath, name }) => readFileSync(path.join(parentPath, name), "utf8").split("\n"));
    unit.drops.set("malformed", lines.filter((text) => text !== "").length);
    void this.#host.submit(unit).then(() => this.#host.finished());
  }

  async shutdown(): Promise<void> {}
}

const common = { stability: "development", summary: "In a test.", config: Where } as const;
const counting = defineReceiver({
  ...common,
  type: "counting",
  create: (_settings, config, host) => new Counting(config, host),
  trial: { fileName: "lines.txt", confine: (config, folder) => ({ ...config, folder }) },
});
/** It would read this machine, so a test must not run it. */
const unfed = defineReceiver({
  ...common,
  type: "unfed",
  create: () => {
    throw new Error("it was run");
  },
});

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), "talos-case-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function outcomeOf(input: Case["input"], factories: readonly Factory[]) {
  const { platform } = testSettings();
  const text = `
receivers: { claude_code: {}, counting: {}, unfed: {} }
processors: { cwd_hash: { salt: a-salt-for-tests-of-32-characters }, redaction: { mode: "off" } }
exporters: { debug: {} }
service:
  pipelines:
    logs: { receivers: [claude_code, counting, unfed], processors: [cwd_hash, redaction], exporters: [debug] }
`;
  const plan = planService(parseConfigText(text, "c.yaml", platform), factories, platform);
  return runCase(plan, { name: "one", input, expect: {} }, dir);
}

it("feeds every kind of receiver that the configuration names, each its own files", async () => {
  const outcome = await outcomeOf(
    {
      counting: { files: { "a.txt": { lines: ["1", "2"] }, "below/b.txt": { lines: ["3"] } } },
      claude_code: {
        lines: [
          {
            type: "assistant",
            uuid: "u",
            sessionId: "s",
            timestamp: "2026-10-01T08:00:00Z",
            requestId: "r",
            message: {
              id: "m",
              model: "claude-sonnet-5-5",
              stop_reason: "end_turn",
              usage: { input_tokens: 1, output_tokens: 2 },
            },
          },
        ],
      },
    },
    [...components, counting, unfed],
  );
  expect(outcome.drops).toEqual({ malformed: 3 });
  expect(outcome.records.map(({ event }) => event)).toEqual(["gen_ai.client.inference.operation.details"]);
});

it("gives lines without a file's name the name that the receiver expects", async () => {
  const outcome = await outcomeOf({ counting: { lines: ["1", "2"] } }, [...components, counting, unfed]);
  expect(outcome).toEqual({ records: [], drops: { malformed: 2 } });
});

it("a receiver that cannot be fed is not run, and given input it is refused", async () => {
  const all = [...components, counting, unfed];
  await expect(outcomeOf({ unfed: { lines: ["1"] } }, all)).rejects.toThrow(
    "input.unfed: receivers of this type read no files, and cannot be fed",
  );
});
