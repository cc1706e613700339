import { setTimeout as sleep } from 'node:timers/promises';
import type { FrontTarget } from '../host-world.ts';
import { TargetPicker } from '../pick-target.ts';
import { TrafficConnection } from './traffic-connection.ts';

const redialDelayMs = 100;
const dialTimeoutMs = 1000;
const checkEveryMs = 500;
// A client that hears nothing for so long hangs up and dials again.
const silentAfterMs = 2000;

/** The clients of a service: they keep a number of connections, and choose whom to dial at each dial anew. */
export class FrontClients {
  readonly #from: string;
  readonly #wanted: number;
  readonly #picker = new TargetPicker();
  readonly #connections = new Map<TrafficConnection, () => boolean>();
  readonly #heardAt = new Map<TrafficConnection, number>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(from: string, wanted: number) {
    this.#from = from;
    this.#wanted = wanted;
    this.#timer = setInterval(() => this.#check(), checkEveryMs);
    for (let index = 0; index < wanted; index++) this.#dial();
  }

  setTargets(targets: readonly FrontTarget[]): void {
    this.#picker.setTargets(targets);
  }

  /**
   * Waits until so many connections have echoed and no other is open: one that broke without a word is found out. When
   * the time is over it returns how many echoed.
   */
  async settle(atLeast: number, timeoutMs: number): Promise<number> {
    const deadline = Date.now() + timeoutMs;
    const asked = new Map<TrafficConnection, () => boolean>();
    for (;;) {
      const open = [...this.#connections.keys()].filter(({ isOpen }) => isOpen);
      for (const connection of open) if (!asked.has(connection)) asked.set(connection, connection.expectEcho());
      const heard = open.filter((connection) => asked.get(connection)?.() === true).length;
      if ((heard === open.length && heard >= Math.min(atLeast, this.#wanted)) || Date.now() > deadline) return heard;
      await sleep(20);
    }
  }

  /** Everybody hangs up, and dials again where the front leads now. */
  redial(): void {
    for (const connection of this.#connections.keys()) connection.end();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const connection of this.#connections.keys()) connection.end();
  }

  #dial(): void {
    if (this.#closed) return;
    const target = this.#picker.pick();
    if (target === undefined) {
      setTimeout(() => this.#dial(), redialDelayMs).unref();
      return;
    }
    const connection = new TrafficConnection(
      { from: this.#from, to: target.address, port: target.port },
      () => this.#listen(connection),
      () => {
        this.#forget(connection);
        setTimeout(() => this.#dial(), redialDelayMs).unref();
      },
    );
    this.#connections.set(connection, () => false);
    setTimeout(() => !connection.isOpen && connection.end(), dialTimeoutMs).unref();
  }

  #listen(connection: TrafficConnection): void {
    this.#heardAt.set(connection, Date.now());
    this.#connections.set(connection, connection.expectEcho());
  }

  #forget(connection: TrafficConnection): void {
    this.#connections.delete(connection);
    this.#heardAt.delete(connection);
  }

  /** Says a word on every connection; whoever got no answer for too long gives it up, which dials again. */
  #check(): void {
    for (const [connection, hasEchoed] of this.#connections) {
      if (!connection.isOpen) continue;
      if (hasEchoed()) this.#listen(connection);
      else if (Date.now() - (this.#heardAt.get(connection) ?? 0) > silentAfterMs) connection.end();
      else connection.say();
    }
  }
}
