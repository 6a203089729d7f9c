import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { errorCode } from "#component/error-code.ts";
import { endpoint } from "#config/endpoint.ts";
import { secureFolder } from "#state/database.ts";
import { syncFolder, writePrivate } from "#state/private-file.ts";
import { EnrolmentError } from "./failure.ts";

const FOLDER = "enrolment";
const FACTS = "enrolment.json";

const Facts = z.object({
  /** Base URL of the team's backend. */
  endpoint: endpoint("root"),
  /** Full path of a file of authorities to trust as well. */
  ca_file: z.string().optional(),
  agent: z.string(),
  team: z.object({ id: z.string(), name: z.string() }),
  developer: z.object({ id: z.string(), label: z.string() }),
  /** SHA-256 of the team's verifying key, hex. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Milliseconds since the Unix epoch, UTC. */
  enrolled_at: z.int().nonnegative(),
});
/** What this machine knows of its enrolment, but for the secrets. */
export type Enrolment = z.output<typeof Facts>;

/** Each in a file of its own, which only this user can read. */
export type FileName = "token" | "token.previous" | "salt" | "machine.key" | "policy.json" | "highest.json";
export type StateName = "rotation.json" | "baseline.json" | "left.json" | "withdrawn";

/**
 * `enrolment` in the configuration folder. It appears and disappears as a whole: after a crash at any moment there is
 * all of one enrolment, or none.
 */
export class EnrolmentFolder {
  readonly #configDir: string;
  readonly dir: string;

  constructor(configDir: string) {
    this.#configDir = configDir;
    this.dir = path.join(configDir, FOLDER);
  }

  /** True where there is one, damaged or not. */
  get exists(): boolean {
    return existsSync(this.dir);
  }

  /** What is not secret of it. */
  get factsFile(): string {
    return path.join(this.dir, FACTS);
  }

  fileOf(name: FileName | StateName): string {
    return path.join(this.dir, name);
  }

  /** Undefined where this machine is not enrolled. Throws EnrolmentError when what is there cannot be used. */
  read(): Enrolment | undefined {
    const text = readIfThere(this.factsFile);
    if (text === undefined) return undefined;
    const parsed = Facts.safeParse(json(text));
    if (parsed.success) return parsed.data;
    throw new EnrolmentError(
      `${this.factsFile} is damaged: run \`talos unenroll\`, then enrol again with a new token`,
    );
  }

  /** Undefined where there is none. */
  readFile(name: FileName | StateName): string | undefined {
    return readIfThere(this.fileOf(name));
  }

  writeFile(name: FileName | StateName, text: string): void {
    writePrivate(this.fileOf(name), text);
  }

  removeFile(name: FileName | StateName): void {
    rmSync(this.fileOf(name), { force: true });
    syncFolder(this.dir);
  }

  /** Begins another enrolment beside the present one, and proves that it can be written. */
  begin(): EnrolmentDraft {
    this.recover();
    secureFolder(this.#configDir);
    const draft = this.#beside("draft");
    mkdirSync(draft, { mode: 0o700 });
    return new EnrolmentDraft(draft, () => {
      renameSync(draft, this.#beside("next"));
      syncFolder(this.#configDir);
      this.recover();
    });
  }

  /** Ends what a crash interrupted: an enrolment that was complete takes its place, anything less goes. */
  recover(): void {
    if (!existsSync(this.#configDir)) return;
    const next = this.#beside("next");
    if (existsSync(next)) {
      if (existsSync(this.dir)) {
        rmSync(this.#beside("old"), { recursive: true, force: true });
        renameSync(this.dir, this.#beside("old"));
      }
      renameSync(next, this.dir);
    }
    for (const name of ["draft", "old"]) rmSync(this.#beside(name), { recursive: true, force: true });
    syncFolder(this.#configDir);
  }

  /** Takes the enrolment away as a whole. */
  remove(): void {
    this.recover();
    if (!existsSync(this.dir)) return;
    renameSync(this.dir, this.#beside("old"));
    this.recover();
  }

  #beside(what: string): string {
    return `${this.dir}.${what}`;
  }
}

/** An enrolment that is not in force yet. */
class EnrolmentDraft {
  readonly #dir: string;
  readonly #commit: () => void;

  constructor(dir: string, commit: () => void) {
    this.#dir = dir;
    this.#commit = commit;
  }

  write(name: FileName, text: string): void {
    writePrivate(path.join(this.#dir, name), text);
  }

  /** Puts it in force, in place of one that may be there. */
  commit(facts: Enrolment): void {
    const { endpoint: url, ...others } = facts;
    writePrivate(path.join(this.#dir, FACTS), `${JSON.stringify({ endpoint: url.href, ...others })}\n`);
    this.#commit();
  }

  discard(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
export type { EnrolmentDraft };

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EnrolmentError(`${file} cannot be read (${code}): make it readable for this user`);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
