import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What to dial: one end is always an address of the namespace the process runs in. */
export interface DialTarget {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** One client connection that says a byte now and then and expects it back. */
export class TrafficConnection {
  readonly #socket: Socket;
  #open = false;
  #echoes = 0;

  /** `onBreak` is called once, when an open connection ends or a dial fails. */
  constructor(target: DialTarget, onOpen: () => void, onBreak: () => void) {
    const { from, to, port } = target;
    this.#socket = connect({ localAddress: from, host: to, port, noDelay: true });
    this.#socket.on('connect', () => {
      this.#open = true;
      onOpen();
    });
    this.#socket.on('data', () => {
      this.#echoes++;
    });
    this.#socket.on('error', () => {}); // `close` follows every error
    this.#socket.on('close', () => {
      this.#open = false;
      onBreak();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Says a byte; the answer is counted when it comes. */
  say(): void {
    if (this.#open && this.#socket.writableLength === 0) this.#socket.write('.');
  }

  /** Says a byte and returns a function that tells whether an echo has come since. */
  expectEcho(): () => boolean {
    const before = this.#echoes;
    this.say();
    return () => this.#open && this.#echoes > before;
  }

  /** Ends it with a reset, so that no TIME_WAIT stays behind on either side. */
  end(): void {
    // On a socket that still dials, `resetAndDestroy` would wait for an answer that may never come.
    if (this.#open) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}
