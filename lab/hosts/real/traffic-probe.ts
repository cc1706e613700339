import { connect } from 'node:net';
import type { DialTarget } from './traffic-connection.ts';

const dialEveryMs = 10;
// Between namespaces an answer takes less than a millisecond; a second is more than any busy machine needs.
const unansweredAfterMs = 1000;

/** Dials again and again, one target after the other, until the first dial that is refused or never answered. */
export class TrafficProbe {
  readonly #targets: readonly DialTarget[];
  readonly #pending = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #blockedAt: number | undefined;

  constructor(targets: readonly DialTarget[]) {
    this.#targets = targets;
    this.#timer = setInterval(() => this.#dialNext(), dialEveryMs);
    this.#dialNext();
  }

  /** Waits for the dials under way, then tells when the first blocked one was started. */
  async findBlockedAt(): Promise<number | undefined> {
    await Promise.all(this.#pending);
    return this.#blockedAt;
  }

  /** Dials no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #dialNext(): void {
    const target = this.#targets[this.#next++ % this.#targets.length];
    if (target === undefined) return;
    const dial = this.#dial(target).finally(() => this.#pending.delete(dial));
    this.#pending.add(dial);
  }

  async #dial({ from, to, port }: DialTarget): Promise<void> {
    const startedAt = Date.now();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect({ localAddress: from, host: to, port });
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    const impatience = setTimeout(() => resolve(false), unansweredAfterMs);
    const answered = await promise;
    clearTimeout(impatience);
    if (answered) {
      socket.resetAndDestroy();
      return;
    }
    socket.destroy();
    this.#blockedAt = Math.min(startedAt, this.#blockedAt ?? startedAt);
    // One blocked dial is the answer; more would only load the machine.
    this.stop();
  }
}
