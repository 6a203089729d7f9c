/**
 * Which receiver follows which file. Positions and what was sent are kept per file and request, so two receivers on
 * one file would take each other's records: each goes only the way of the receiver that read it first.
 */
export class Followers {
  readonly #receiverOf = new Map<string, string>();
  readonly #told = new Set<string>();
  readonly #shared = new Set<string>();

  /** How many of these files are met at two receivers for the first time, and the other one, told once. */
  meet(receiver: string, fileKeys: Iterable<string>): { shared: number; rival: string | undefined } {
    let shared = 0;
    let rival: string | undefined;
    for (const fileKey of fileKeys) {
      const other = this.#receiverOf.get(fileKey);
      if (other === undefined) this.#receiverOf.set(fileKey, receiver);
      if (other === undefined || other === receiver || this.#shared.has(fileKey)) continue;
      this.#shared.add(fileKey);
      shared += 1;
      if (this.#told.has(receiver)) continue;
      this.#told.add(receiver).add(other);
      rival = other;
    }
    return { shared, rival };
  }

  /** The receiver stopped. */
  forget(receiver: string): void {
    this.#told.delete(receiver);
    for (const [fileKey, owner] of this.#receiverOf) {
      if (owner !== receiver) continue;
      this.#receiverOf.delete(fileKey);
      this.#shared.delete(fileKey);
    }
  }
}
