import { connect } from 'node:net';
import type { DialTarget } from './traffic-connection.ts';

const dialEveryMs = 10;

/**
 * Probes dial from ports above the kernel's ephemeral range (32768 to 60999), so that whoever counts connections can
 * tell the ones that were caught in passing.
 */
export const firstProbePort = 61_000;
const probePorts = 4000;
// Between namespaces an answer takes less than a millisecond; a second is more than any busy machine needs.
const unansweredAfterMs = 1000;

/** Dials again and again, one target after the other, until the first dial that is refused or never answered. */
export class TrafficProbe {
  readonly #targets: readonly DialTarget[];
  readonly #pending = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #nextPort = 0;
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
    const localPort = firstProbePort + (this.#nextPort++ % probePorts);
    const socket = connect({ localAddress: from, localPort, host: to, port });
    socket.on('connect', () => resolve(true));
    // A probe port that is still taken says nothing about the network.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE'));
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
