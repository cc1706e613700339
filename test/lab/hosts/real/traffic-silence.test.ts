import { describe, expect, it } from 'vitest';
import { findLost, findSilent, parseUnheard } from '../../../../lab/hosts/real/traffic-silence.ts';
import type { Speaker } from '../../../../lab/hosts/real/traffic-silence.ts';

// No test but the one of its end waits for the end of patience, however busy the machine.
const patience = { lookEveryMs: 1, mostUnheardLooks: 3, mostMs: 20_000 };
const end = '10.20.0.1:40000';
const nobody = async (): Promise<ReadonlySet<string>> => new Set();
const unheard = async (): Promise<ReadonlySet<string>> => new Set([end]);

/** A connection that answers when it is told to. */
class Fake implements Speaker {
  readonly localEnd: string;
  isOpen = true;
  answers = 0;

  constructor(localEnd = end) {
    this.localEnd = localEnd;
  }

  expectEcho(): () => boolean {
    const before = this.answers;
    return () => this.isOpen && this.answers > before;
  }
}

describe('findLost', () => {
  it('knows no loss where every connection answers', async () => {
    const connection = new Fake();
    setImmediate(() => connection.answers++);

    expect(await findLost([connection], 20, nobody, patience)).toEqual([]);
  });

  it('waits for an answer later than the time-out as long as words get through', async () => {
    const connection = new Fake();
    let looks = 0;
    const lookAround = async () => {
      looks++;
      if (looks === 5) connection.answers++;
      return nobody();
    };

    expect(await findLost([connection], 1, lookAround, patience)).toEqual([]);
    expect(looks).toBe(5);
  });

  it('counts a closed connection without a look', async () => {
    const connection = new Fake();
    connection.isOpen = false;
    let looks = 0;
    const lookAround = async () => {
      looks++;
      return nobody();
    };

    expect(await findLost([connection], 1, lookAround, patience)).toEqual([connection]);
    expect(looks).toBe(0);
  });

  it('counts a connection whose words come to nothing, and does not wait longer', async () => {
    const connection = new Fake();
    let looks = 0;
    const lookAround = async () => {
      looks++;
      return unheard();
    };

    expect(await findLost([connection], 1, lookAround, patience)).toEqual([connection]);
    expect(looks).toBe(patience.mostUnheardLooks);
  });

  it('forgives words that get through after all, and counts anew', async () => {
    const connection = new Fake();
    let looks = 0;
    const lookAround = async () => {
      if (++looks === 8) connection.answers++;
      return looks % 3 === 0 ? nobody() : unheard();
    };

    expect(await findLost([connection], 1, lookAround, patience)).toEqual([]);
  });

  it('counts a connection that closes while it is doubted, and does not wait longer', async () => {
    const connection = new Fake();
    let looks = 0;
    const lookAround = async () => {
      looks++;
      connection.isOpen = false;
      return nobody();
    };

    expect(await findLost([connection], 1, lookAround, patience)).toEqual([connection]);
    expect(looks).toBe(1);
  });

  it('counts a connection that is heard and never answers', async () => {
    const connection = new Fake();

    expect(await findLost([connection], 1, nobody, { ...patience, mostMs: 20 })).toEqual([connection]);
  });

  it('keeps the answering ones and the lost ones apart', async () => {
    const [silent, slow] = [new Fake(), new Fake('10.20.0.1:40001')];
    let looks = 0;
    const lookAround = async () => {
      if (++looks === 2) slow.answers++;
      return unheard();
    };

    expect(await findLost([silent, slow], 1, lookAround, patience)).toEqual([silent]);
  });

  it('fails when nobody can tell what got through', async () => {
    const lookAround = async () => Promise.reject(new Error('no ss here'));

    await expect(findLost([new Fake()], 1, lookAround, patience)).rejects.toThrow('no ss here');
  });
});

it('findSilent reads what has arrived before it calls a connection silent', async () => {
  let hasArrived = false;
  const expectEcho = () => () => {
    if (hasArrived) return true;
    // The whole time-out passes without a turn for the sockets, as on a machine that stood still.
    const until = Date.now() + 20;
    while (Date.now() < until);
    setImmediate(() => (hasArrived = true));
    return false;
  };

  expect(await findSilent([{ isOpen: true, localEnd: end, expectEcho }], 20)).toEqual([]);
});

it('parseUnheard names our ends where bytes wait to be acknowledged', () => {
  const text = [
    '0      0       10.20.0.1:40000   10.0.1.20:8080',
    '0      1       10.20.0.1:40001   10.0.1.20:8080',
    '5      12      [fd20::5]:40002   [fd30::20]:8080',
    '',
  ].join('\n');

  expect([...parseUnheard(text)]).toEqual(['10.20.0.1:40001', '[fd20::5]:40002']);
});
