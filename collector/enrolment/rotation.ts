import * as z from "zod";
import type { Clock } from "#component/component.ts";
import type { BackendClient, Trouble } from "./backend-client.ts";
import type { EnrolmentFolder } from "./folder.ts";

/** Age at which a token is exchanged for a new one. */
const ROTATE_AFTER_MS = 30 * 86_400_000;

const Rotation = z.object({
  /** When the token was given, milliseconds since the Unix epoch, UTC. */
  since: z.int().nonnegative(),
  /** A new one was asked for, and what came of it is not known. */
  asked: z.boolean(),
});

export interface RotationOptions {
  folder: EnrolmentFolder;
  client: BackendClient;
  clock: Clock;
  /** Makes everything that runs use the token that the folder holds now. */
  applied(): Promise<void>;
}

export type Rotated = { kind: "not_due" } | { kind: "rotated" } | { kind: "kept_old" } | Trouble;

/**
 * Exchanges the agent token for a new one, about monthly. The old one is kept until the new one has proved itself, and
 * what a crash interrupted is ended at the next call: there is at any moment a token on the disk that the server takes.
 *
 *   1. `asked` is noted: from now on the server may know a token that this machine does not, which ends the old one in
 *      a day. So the next call asks again at once.
 *   2. The server answers. `token.previous` = the old one, then `token` = the new one.
 *   3. All that runs goes over to the new one. Its first use ends the old one.
 *   4. The new one is tried. Taken: `token.previous` goes. Not taken: the old one comes back.
 */
export class TokenRotation {
  readonly #o: RotationOptions;

  constructor(options: RotationOptions) {
    this.#o = options;
  }

  /** Rejects when the disk refuses; the next call goes on from there. */
  async rotateWhenDue(signal: AbortSignal): Promise<Rotated> {
    const { folder, clock } = this.#o;
    if (folder.readFile("token.previous") !== undefined) return this.#prove(signal);
    const state = this.#state();
    const age = clock.now() - state.since;
    // A clock that jumped back must not keep a token for ever.
    if (!state.asked && age < ROTATE_AFTER_MS && age > -ROTATE_AFTER_MS) return { kind: "not_due" };
    return this.#ask(signal);
  }

  async #ask(signal: AbortSignal): Promise<Rotated> {
    const { folder, client, clock } = this.#o;
    const old = folder.readFile("token");
    if (old === undefined) return { kind: "not_due" };
    this.#note({ ...this.#state(), asked: true });
    const outcome = await client.rotate(old, signal);
    if (outcome.kind === "unchanged") return { kind: "not_due" };
    if (outcome.kind !== "ok") return outcome;
    folder.writeFile("token.previous", old);
    folder.writeFile("token", outcome.value.agentToken);
    this.#note({ since: clock.now(), asked: false });
    return this.#prove(signal);
  }

  async #prove(signal: AbortSignal): Promise<Rotated> {
    const { folder, client } = this.#o;
    await this.#o.applied();
    const outcome = await client.config(folder.readFile("token") ?? "", undefined, signal);
    if (outcome.kind === "unauthorised") return this.#goBack(signal, outcome);
    if (outcome.kind !== "ok" && outcome.kind !== "unchanged") return outcome;
    folder.removeFile("token.previous");
    return { kind: "rotated" };
  }

  async #goBack(signal: AbortSignal, trouble: Trouble): Promise<Rotated> {
    const { folder, client } = this.#o;
    const old = folder.readFile("token.previous") ?? "";
    const outcome = await client.config(old, undefined, signal);
    // The machine as a whole is not taken any more: either token says so.
    if (outcome.kind === "unauthorised") {
      folder.removeFile("token.previous");
      return trouble;
    }
    if (outcome.kind !== "ok" && outcome.kind !== "unchanged") return outcome;
    this.#note({ ...this.#state(), asked: true });
    folder.writeFile("token", old);
    folder.removeFile("token.previous");
    await this.#o.applied();
    return { kind: "kept_old" };
  }

  #state(): z.output<typeof Rotation> {
    const { folder, clock } = this.#o;
    const parsed = Rotation.safeParse(json(folder.readFile("rotation.json")));
    if (parsed.success) return parsed.data;
    return { since: folder.read()?.enrolled_at ?? clock.now(), asked: false };
  }

  #note(state: z.output<typeof Rotation>): void {
    this.#o.folder.writeFile("rotation.json", `${JSON.stringify(state)}\n`);
  }
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
