/** What loops wait for: something changes, or the service stops. */
export class Changes {
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  /** Resolves at the next change; rejects once stopped. */
  next(): Promise<void> {
    if (this.#stopped) return Promise.reject(new StoppedError());
    return new Promise((resolve, reject) => {
      this.#waiting.add(() => (this.#stopped ? reject(new StoppedError()) : resolve()));
    });
  }

  announce(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  stop(): void {
    this.#stopped = true;
    this.announce();
  }
}

/** The service is stopping while a partition waited: nothing of the batch was committed. */
export class StoppedError extends Error {
  constructor() {
    super('stopped while waiting');
    this.name = 'StoppedError';
  }
}
