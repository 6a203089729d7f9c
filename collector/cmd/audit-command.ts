import { Command, InvalidArgumentError } from "commander";
import { NoExportError, readExport } from "./audit/read-export.ts";
import { renderVerified } from "./audit/text.ts";
import { verify } from "./audit/verify.ts";
import { EXIT } from "./failure.ts";

/** What stands in the file is not what was written. */
const BROKEN = 3;

export function auditCommand(): Command {
  const audit = new Command("audit").description("Check the trail of what a team's admins did.");
  audit.addCommand(verifyCommand());
  for (const command of audit.commands) command.exitOverride();
  return audit;
}

function verifyCommand(): Command {
  return new Command("verify")
    .description("Name every entry of an exported trail that was changed, removed, moved or inserted.")
    .argument("<file>", "what GET /api/audit/export gave, as NDJSON")
    .option("--team-fingerprint <hex>", "of the team's key, from the dashboard's team page", readFingerprint)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos audit verify trail.ndjson
  talos audit verify trail.ndjson --team-fingerprint 5f1c… --json | jq '.problems[].seq'

Needs no server and no network. Without a fingerprint, whoever could write the whole file anew could also sign it anew.

Exit codes: 0 intact, 1 the file cannot be read, 2 the command line is wrong, 3 not as it was written.`,
    )
    .action(async (file: string, options: VerifyOptions) => {
      process.exitCode = await run(file, options);
    });
}

interface VerifyOptions {
  teamFingerprint?: string;
  json?: boolean;
}

async function run(file: string, { teamFingerprint, json }: VerifyOptions): Promise<number> {
  try {
    const result = verify(await readExport(file), teamFingerprint);
    const intact = result.problems.length === 0;
    process.stdout.write(
      json === true
        ? `${JSON.stringify({ intact, ...result })}\n`
        : renderVerified(result, teamFingerprint !== undefined),
    );
    return intact ? 0 : BROKEN;
  } catch (error) {
    process.stderr.write(`talos: ${file} cannot be verified: ${reasonOf(error)}\n`);
    return EXIT.failure;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NoExportError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "it is no text";
}

/** As people copy it: with spaces, colons or large letters. */
function readFingerprint(text: string): string {
  const hex = text.replaceAll(/[\s:]/g, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new InvalidArgumentError("expected 64 hex digits");
}
