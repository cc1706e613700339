import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { SessionSpec } from '../host-world.ts';
import { createEchoVoice, createSessionVoice } from './session-voice.ts';
import type { Voice } from './session-voice.ts';

/** What to dial: one end is always an address of the namespace the process runs in. */
export interface DialTarget {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** Default: none, the dialled side echoes. */
  readonly session?: SessionSpec;
}

/** One client connection that says something now and then and expects an answer. */
export class TrafficConnection {
  readonly #socket: Socket;
  readonly #voice: Voice;
  #open = false;
  #greeted = 0;
  #echoes = 0;
  #isWaiting = false;

  /** `onBreak` is called once, when an open connection ends or a dial fails. */
  constructor(target: DialTarget, onOpen: () => void, onBreak: () => void) {
    const { from, to, port, session } = target;
    this.#voice = session === undefined ? createEchoVoice() : createSessionVoice(session);
    this.#socket = connect({ localAddress: from, host: to, port, noDelay: true });
    this.#socket.on('connect', () => {
      this.#open = true;
      this.#greet();
      onOpen();
    });
    this.#socket.on('data', (chunk) => this.#hear(chunk));
    this.#socket.on('error', () => {}); // `close` follows every error
    this.#socket.on('close', () => {
      this.#open = false;
      onBreak();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Our end as `ss` prints it. */
  get localEnd(): string {
    const { localAddress = '', localPort = 0 } = this.#socket;
    return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  }

  /** Says a word; the answer is counted when it comes. A session has one question at a time. */
  say(): void {
    const { greetings, word } = this.#voice;
    const isBusy = greetings.length > 0 && (this.#isWaiting || this.#greeted < greetings.length);
    if (!this.#open || isBusy || this.#socket.writableLength > 0) return;
    this.#isWaiting = true;
    this.#socket.write(word);
  }

  /** Says a word and returns a function that tells whether an answer has come since. */
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

  #greet(): void {
    const greeting = this.#voice.greetings[this.#greeted];
    if (greeting !== undefined) this.#socket.write(greeting);
  }

  #hear(chunk: Buffer): void {
    let answers = this.#voice.countAnswers(chunk);
    for (; answers > 0 && this.#greeted < this.#voice.greetings.length; answers--) {
      this.#greeted++;
      this.#greet();
      // The last greeting's answer is the first echo.
      if (this.#greeted === this.#voice.greetings.length) this.#echoes++;
    }
    if (answers > 0) this.#isWaiting = false;
    this.#echoes += answers;
  }
}
