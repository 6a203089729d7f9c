/**
 * Which receiver follows which file. Positions and what was sent are kept per file and request, so two receivers on
 * one file would take each other's records: each goes only the way of the receiver that read it first.
 */
export class Followers {
  readonly #receiverOf = new Map<string, string>();
  readonly #told = new Set<string>();

  /** The other receiver that follows one of these files, the first time that it is met. */
  rival(receiver: string, fileKeys: Iterable<string>): string | undefined {
    for (const fileKey of fileKeys) {
      const other = this.#receiverOf.get(fileKey);
      if (other === undefined) this.#receiverOf.set(fileKey, receiver);
      else if (other !== receiver && !this.#told.has(receiver)) {
        this.#told.add(receiver).add(other);
        return other;
      }
    }
    return undefined;
  }

  /** The receiver stopped. */
  forget(receiver: string): void {
    this.#told.delete(receiver);
    for (const [fileKey, owner] of this.#receiverOf) if (owner === receiver) this.#receiverOf.delete(fileKey);
  }
}
