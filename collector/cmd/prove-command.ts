import { randomInt } from "node:crypto";
import { Command } from "commander";
import { Random } from "../../processors/redaction/corpus/random.ts";
import { TOKENS } from "../../processors/redaction/corpus/tokens.ts";
import { prove } from "../proof/prove.ts";
import type { Secret } from "../proof/session.ts";
import { components } from "./components.ts";
import { EXIT } from "./failure.ts";
import { isProved, proofJson, renderProof } from "./prove/prove-text.ts";
import { stopSignal } from "./signals.ts";

const INTERRUPTED = 130;

export function proveCommand(): Command {
  return new Command("prove")
    .description(
      "Plant secrets, code, names and paths, run the collector in each mode, and look for what got out.",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos prove
  talos prove --json | jq '.modes.off.leaks'

Works offline and on invented sessions of Claude Code and Cursor alone: nothing of this machine is read, and no
configuration is needed. The collector that runs is the real one, with its own folders and an endpoint on this computer
that keeps every byte. All of it is removed at the end. What is planted is new each time.

Exit codes: 0 nothing survived that should not, 1 something did or the proof is incomplete, 130 interrupted.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      process.exitCode = await proveAndPrint(json === true);
    });
}

async function proveAndPrint(json: boolean): Promise<number> {
  const stop = stopSignal();
  const shows = process.stderr.isTTY && !json;
  const say = (text: string) => shows && process.stderr.write(`\r\u001B[K${text}`);
  const startMs = performance.now();
  try {
    const { signal } = stop;
    const secrets = inventSecrets();
    const proof = await prove({ components, secrets, signal, begins: (mode) => say(`proving ${mode} …`) });
    say("");
    const seconds = (performance.now() - startMs) / 1_000;
    process.stdout.write(json ? proofJson(proof, seconds) : renderProof(proof, seconds));
    return isProved(proof) ? 0 : EXIT.failure;
  } catch (error) {
    say("");
    if (!stop.signal.aborted) throw error;
    process.stderr.write("talos: stopped; everything that was made for the proof is removed\n");
    return INTERRUPTED;
  }
}

/** One of each kind. */
function inventSecrets(): Secret[] {
  const random = new Random(randomInt(2 ** 31));
  return Object.entries(TOKENS).map(([kind, make]) => ({
    kind: kind.replaceAll("_", " "),
    value: make(random),
  }));
}
