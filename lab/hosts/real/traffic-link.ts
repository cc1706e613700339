import { setTimeout as sleep } from 'node:timers/promises';
import { TrafficConnection } from './traffic-connection.ts';
import type { DialTarget } from './traffic-connection.ts';
import { findLost, findSilent } from './traffic-silence.ts';

/** One dialling address, one dialled address and port, and how many connections between them are wanted. */
export interface LinkSpec extends DialTarget {
  readonly key: string;
  readonly connections: number;
  /** Dials again at once, and again, whenever a connection breaks. */
  readonly redials: boolean;
}

const dialsAtOnce = 200;
const redialDelayMs = 20;
// So many rounds in a row without one success mean a block, not bad luck.
const mostRefusals = 10;

/** Holds the dialling ends of a link. */
export class TrafficLink {
  #spec: LinkSpec;
  readonly #connections = new Set<TrafficConnection>();
  #watched: readonly TrafficConnection[] = [];
  #brokenAt: number | undefined;
  #closed = false;

  constructor(spec: LinkSpec) {
    this.#spec = spec;
  }

  get open(): readonly TrafficConnection[] {
    return [...this.#connections].filter((connection) => connection.isOpen);
  }

  /** False for sessions of a database, which are only asked when it matters: a query is more work than a byte. */
  get chats(): boolean {
    return this.#spec.session === undefined;
  }

  /** Unix time in milliseconds when the first connection broke since `watch`. */
  get brokenAt(): number | undefined {
    return this.#brokenAt;
  }

  /** Drops what does not echo, dials what is missing, and returns how many connections echo in the end. */
  async fill(spec: LinkSpec, timeoutMs: number): Promise<number> {
    this.#spec = spec;
    const deadline = Date.now() + timeoutMs;
    const silent = await findSilent([...this.#connections], timeoutMs);
    for (const connection of silent) this.#drop(connection);
    let refusals = 0;
    while (this.#connections.size < spec.connections && Date.now() < deadline && refusals < mostRefusals) {
      const missing = Math.min(dialsAtOnce, spec.connections - this.#connections.size);
      const opened = await Promise.all(Array.from({ length: missing }, () => this.#dial(deadline - Date.now())));
      // A refused dial answers at once: without a pause the loop would only burn the machine.
      refusals = opened.includes(true) ? 0 : refusals + 1;
      if (refusals > 0) await sleep(redialDelayMs);
    }
    const stillSilent = await findSilent(this.open, Math.max(deadline - Date.now(), 200));
    return this.open.length - stillSilent.length;
  }

  /** Remembers the connections that are not lost now; from here on breaks are counted. */
  async watch(timeoutMs: number): Promise<void> {
    const open = this.open;
    // Not the silent ones: whoever was only slow to answer would go unwatched.
    const lost = new Set(await findLost(open, timeoutMs));
    this.#watched = open.filter((connection) => !lost.has(connection));
    this.#brokenAt = undefined;
  }

  /** How many of the watched connections are gone or no longer echo; only slow ones are waited for. */
  async countLost(timeoutMs: number): Promise<number> {
    return (await findLost(this.#watched, timeoutMs)).length;
  }

  /** Ends the link and all its connections. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) this.#drop(connection);
  }

  #dial(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const connection = new TrafficConnection(
      this.#spec,
      () => resolve(true),
      () => {
        resolve(false);
        this.#forget(connection);
      },
    );
    this.#connections.add(connection);
    const impatience = setTimeout(() => !connection.isOpen && connection.end(), Math.max(timeoutMs, 1));
    return promise.finally(() => clearTimeout(impatience));
  }

  #forget(connection: TrafficConnection): void {
    if (!this.#connections.delete(connection) || this.#closed) return;
    this.#brokenAt ??= Date.now();
    if (this.#spec.redials) setTimeout(() => !this.#closed && void this.#dial(1000), redialDelayMs);
  }

  /** Ends a connection on our side: that is no break. */
  #drop(connection: TrafficConnection): void {
    this.#connections.delete(connection);
    connection.end();
  }
}
