import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEchoVoice, createSessionVoice } from '../../../../lab/hosts/real/session-voice.ts';

/** A message of the server: a letter and so many bytes. */
function message(kind: string, bytes: number): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(bytes + 4, 1);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}

const login = Buffer.concat([message('R', 4), message('S', 30), message('K', 8), message('Z', 1)]);
const answer = Buffer.concat([message('T', 25), message('D', 11), message('C', 9), message('Z', 1)]);

describe('createSessionVoice', () => {
  it('counts the words that end an answer, in whatever pieces they come', () => {
    const stream = Buffer.concat([login, answer, answer]);

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const borders = [0, ...cuts.toSorted((one, other) => one - other), stream.length];
        const voice = createSessionVoice({ user: 'importer' });
        const pieces = borders.slice(1).map((end, index) => stream.subarray(borders[index], end));

        expect(pieces.reduce((sum, piece) => sum + voice.countAnswers(piece), 0)).toBe(3);
      }),
    );
  });

  it('says who it is before anything else', () => {
    const [startup] = createSessionVoice({ user: 'importer', application: 'batch' }).greetings;

    expect(startup?.readUInt32BE(0)).toBe(startup?.length);
    expect(startup?.subarray(4).toString('latin1')).toBe(
      '\0\x03\0\0user\0importer\0application_name\0batch\0database\0postgres\0\0',
    );
  });

  it('opens a transaction only where one is wanted, and asks a standby what it may answer', () => {
    const open = createSessionVoice({ user: 'a', inTransaction: true });
    const standby = createSessionVoice({ user: 'a', isReplication: true });

    expect(open.greetings).toHaveLength(2);
    expect(open.greetings[1]?.toString()).toContain('begin; select txid_current()');
    expect(standby.greetings).toHaveLength(1);
    expect(standby.word.toString()).toContain('IDENTIFY_SYSTEM');
  });
});

describe('createEchoVoice', () => {
  it('says nothing first and takes any piece for an answer', () => {
    const voice = createEchoVoice();

    expect(voice.greetings).toEqual([]);
    expect(voice.countAnswers(Buffer.from('.'))).toBe(1);
  });
});
