/** A way to prove who one is. */
export interface Auth {
  /**
   * Exchanges a proof for the secret of a new sign-in. A proof works once. Undefined when it is worth nothing, whatever
   * the reason: who guesses learns no more than that.
   */
  signIn(proof: string, nowMs: number): Promise<string | undefined>;
}
