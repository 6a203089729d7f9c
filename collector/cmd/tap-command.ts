import { Command, InvalidArgumentError, Option } from "commander";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { ControlClient, ControlError } from "../service/control-client.ts";
import type { ControlAnswer } from "../service/control-protocol.ts";
import { systemPlatform } from "../service/system.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { stopSignal } from "./signals.ts";
import { recordLines } from "./tap-text.ts";

interface TapOptions {
  config?: string[];
  stateDir?: string;
  pipeline?: string;
  format: "json" | "text";
  max: number;
}

export function tapCommand(): Command {
  return new Command("tap")
    .description("Show records on their way, after redaction: what would leave, exactly. Nothing is stored.")
    .argument("[point]", "a processor, `gate`, or an exporter; without one the points are listed")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--state-dir <dir>", "the collector of this state folder instead of the configuration's")
    .option("--pipeline <name>", "only this pipeline")
    .addOption(
      new Option("--format <format>", "how records are printed").choices(["text", "json"]).default("text"),
    )
    .option("--max <records>", "leave after so many", positive, Infinity)
    .addHelpText(
      "after",
      `
Examples:
  talos tap                          the points there are
  talos tap gate                     what the first destination gets
  talos tap otlp_http/talos --format json | jq .attributes
  talos tap redaction --pipeline logs --max 10

Needs a running collector. Every record is shown; when you read too slowly, what was missed is counted. A point before
redaction is refused.

Exit codes: 0 done, 1 no collector answers or it has stopped, 2 there is no such point, or it is refused.`,
    )
    .action(async (point: string | undefined, options: TapOptions) => {
      process.exitCode = await tap(point, options);
    });
}

async function tap(point: string | undefined, options: TapOptions): Promise<number> {
  const dir = options.stateDir ?? readPlan(options.config).plan.stateDir;
  const { os } = systemPlatform();
  let client: ControlClient | undefined;
  try {
    client = await ControlClient.connect(dir, os);
    const { points = [] } = await client.ask("points");
    if (point === undefined) return list(points);
    const pipeline = options.pipeline === undefined ? {} : { pipeline: options.pipeline };
    const answer = await client.ask("tap", { point, ...pipeline });
    if (answer.error === undefined) return await follow(client, options);
    return refused(point, answer, points);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    process.stderr.write(`talos: ${error.message}\n`);
    return EXIT.failure;
  } finally {
    client?.close();
  }
}

function list(points: NonNullable<ControlAnswer["points"]>): number {
  for (const { pipeline, point, refused: why } of points)
    process.stdout.write(`${pipeline}  ${point}${why === undefined ? "" : `  (refused: ${why})`}\n`);
  return 0;
}

function refused(
  point: string,
  { message }: ControlAnswer,
  points: NonNullable<ControlAnswer["points"]>,
): number {
  const open = points.filter((each) => each.refused === undefined).map((each) => each.point);
  process.stderr.write(`talos: ${point}: ${message ?? "refused"}\n`);
  process.stderr.write(`  points that can be tapped: ${[...new Set(open)].join(", ")}\n`);
  return EXIT.usage;
}

async function follow(client: ControlClient, { format, max }: TapOptions): Promise<number> {
  const stop = stopSignal();
  let left = max;
  let missed = 0;
  while (left > 0) {
    const answer = await client.next(stop.signal);
    if (stop.signal.aborted) break;
    if (answer === undefined) {
      process.stderr.write("talos: the collector has stopped\n");
      return EXIT.failure;
    }
    if (answer.missed !== undefined) {
      missed += answer.missed;
      process.stderr.write(`talos: ${answer.missed} missed\n`);
    }
    if (answer.records === undefined) continue;
    const lines = recordLines(requestOf(answer.records), format).slice(0, left);
    left -= lines.length;
    await write(lines.map((line) => `${line}\n`).join(""));
    if (process.stdout.destroyed) break;
  }
  if (missed > 0)
    process.stderr.write(`talos: ${missed} missed in all, because they were not read fast enough\n`);
  return 0;
}

function requestOf(json: unknown): LogsRequest {
  return jsonCodec.decodeRequest(Buffer.from(JSON.stringify(json)));
}

/** Waits for a slow reader, so that what it misses is counted where it is dropped. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number from 1.");
}
