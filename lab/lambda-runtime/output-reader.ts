import type { Readable } from 'node:stream';
import { outputEndMark } from './messages.ts';

/** Cuts a child's output stream into lines, and knows where the output of one request ends. */
export class OutputReader {
  #pending = '';
  #marksSeen = 0;
  #marksWanted = 0;
  #waiting: (() => void) | undefined;

  constructor(stream: Readable, onLine: (text: string) => void) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#read(text, onLine));
    stream.on('close', () => {
      this.#flush(onLine);
      this.#marksSeen = Infinity;
      this.#waiting?.();
    });
  }

  /** Resolves when the next end mark was read, or the stream has closed. One caller at a time. */
  async untilMark(): Promise<void> {
    this.#marksWanted += 1;
    if (this.#marksSeen >= this.#marksWanted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = () => {
      if (this.#marksSeen >= this.#marksWanted) resolve();
    };
    await promise;
  }

  #read(text: string, onLine: (text: string) => void): void {
    const [first = '', ...rest] = text.split(outputEndMark);
    this.#take(first, onLine);
    for (const part of rest) {
      this.#flush(onLine);
      this.#marksSeen += 1;
      this.#waiting?.();
      this.#take(part, onLine);
    }
  }

  #take(text: string, onLine: (text: string) => void): void {
    const lines = (this.#pending + text).split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }

  #flush(onLine: (text: string) => void): void {
    if (this.#pending !== '') onLine(this.#pending);
    this.#pending = '';
  }
}
