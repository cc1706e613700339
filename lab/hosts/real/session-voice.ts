import type { SessionSpec } from '../host-world.ts';

/** How a connection asks whether the other side is there, and how it knows an answer. */
export interface Voice {
  /** What is said one after the other, each upon the answer to the one before, until the connection counts as up. */
  readonly greetings: readonly Buffer[];
  readonly word: Buffer;
  /** How many answers a piece of what was received ends. */
  countAnswers(chunk: Buffer): number;
}

/** A byte to an echoing server: any piece of an answer will do. */
export function createEchoVoice(): Voice {
  return { greetings: [], word: Buffer.from('.'), countAnswers: () => 1 };
}

/** A session in PostgreSQL's own protocol (version 3.0): no client library could choose the address it comes from. */
export function createSessionVoice({ user, application = '', isReplication, inTransaction }: SessionSpec): Voice {
  const kind: Readonly<Record<string, string>> =
    isReplication === true ? { replication: 'true' } : { database: 'postgres' };
  const startup = writeStartup({ user, application_name: application, ...kind });
  // The number of a transaction is given out at its first write, or when it is asked for.
  const begin = writeQuery('begin; select txid_current()');
  const reader = new AnswerReader();
  return {
    greetings: inTransaction === true ? [startup, begin] : [startup],
    word: writeQuery(isReplication === true ? 'IDENTIFY_SYSTEM' : 'select 1'),
    countAnswers: (chunk) => reader.read(chunk),
  };
}

/** Counts the server's words `ReadyForQuery`, whatever pieces they come in. */
class AnswerReader {
  #rest = Buffer.alloc(0);

  read(chunk: Buffer): number {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    let answers = 0;
    // A letter, then the length of what follows, itself included.
    while (this.#rest.length >= 5 && this.#rest.length > this.#rest.readUInt32BE(1)) {
      if (this.#rest[0] === 'Z'.charCodeAt(0)) answers++;
      this.#rest = this.#rest.subarray(this.#rest.readUInt32BE(1) + 1);
    }
    return answers;
  }
}

function writeStartup(options: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(`${Object.entries(options).flat().join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.writeUInt32BE(0x3_0000, 4);
  return Buffer.concat([head, body]);
}

function writeQuery(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write('Q', 0);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
