/** Tells when a clock has come to a point from which only somebody outside can move it on. */
export class Rest {
  #isReached = false;
  #told = Promise.withResolvers<void>();

  /** True while nothing moves. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Resolves at the next rest, at once when it is now. */
  async whenReached(): Promise<void> {
    await this.#told.promise;
  }

  reach(): void {
    this.#isReached = true;
    this.#told.resolve();
  }

  /** Something moves again: who asks from now on waits for the next rest. */
  leave(): void {
    if (!this.#isReached) return;
    this.#isReached = false;
    this.#told = Promise.withResolvers<void>();
  }
}
