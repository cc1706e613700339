import { ServiceError } from '../wire/service-error.ts';

const requestsPerSecond = 5;

/** Counts requests as Route 53 does, five a second for the whole account, and refuses those beyond. */
export class RequestRate {
  readonly #now: () => number;
  #recent: readonly number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  take(): void {
    const at = this.#now();
    this.#recent = this.#recent.filter((earlier) => at - earlier < 1000);
    if (this.#recent.length >= requestsPerSecond) throw new ServiceError('Throttling', 'Rate exceeded');
    this.#recent = [...this.#recent, at];
  }
}
