import { setImmediate as pollOnce, setTimeout as sleep } from 'node:timers/promises';
import { runTool } from './run-tool.ts';

/** What a connection must tell to be judged. */
export interface Speaker {
  readonly isOpen: boolean;
  /** Address and port of our end, as `ss` prints them. */
  readonly localEnd: string;
  /** Says a word and returns a function that tells whether an answer has come since. */
  expectEcho(): () => boolean;
}

/** How long a silent connection is looked at before it counts as lost. */
export interface Patience {
  readonly lookEveryMs: number;
  /** So many looks in a row at words that did not get through mean a cut. */
  readonly mostUnheardLooks: number;
  /** Nobody answers later than this, however busy the machine. */
  readonly mostMs: number;
}

// An acknowledgement is held back for 200 ms at most: a second without one is no delay.
const patience: Patience = { lookEveryMs: 100, mostUnheardLooks: 10, mostMs: 15_000 };

/** Lists our ends of the connections whose words are not acknowledged by the kernel of the other end. */
export type ListUnheard = () => Promise<ReadonlySet<string>>;

/** Asks every connection for an echo and returns those that gave none in time. */
export async function findSilent<One extends Speaker>(
  connections: readonly One[],
  timeoutMs: number,
): Promise<readonly One[]> {
  const asked = connections.map((connection) => ({ connection, hasEchoed: connection.expectEcho() }));
  const deadline = Date.now() + timeoutMs;
  let silent = asked;
  // A connection that is closed will never answer: only the open ones are worth waiting for.
  while (silent.some(({ connection }) => connection.isOpen) && Date.now() < deadline) {
    await sleep(5);
    silent = silent.filter(({ hasEchoed }) => !hasEchoed());
  }
  // Timers run before sockets are read: after a long stall an answer may lie there unread.
  await pollOnce();
  return silent.filter(({ hasEchoed }) => !hasEchoed()).map(({ connection }) => connection);
}

/**
 * Returns the connections that are lost: closed, or silent for a reason of their own. On a busy machine the processes
 * at both ends wait for a processor, and an echo takes longer than any short time-out. Their kernels do not wait: words
 * that come to nothing stay unacknowledged, words that only nobody has read yet do not.
 */
export async function findLost<One extends Speaker>(
  connections: readonly One[],
  timeoutMs: number,
  listUnheard: ListUnheard = listUnheardEnds,
  { lookEveryMs, mostUnheardLooks, mostMs }: Patience = patience,
): Promise<readonly One[]> {
  const silent = await findSilent(connections, timeoutMs);
  const lost = silent.filter(({ isOpen }) => !isOpen);
  let doubted = silent
    .filter(({ isOpen }) => isOpen)
    .map((connection) => ({ connection, hasEchoed: connection.expectEcho(), unheardLooks: 0 }));
  const deadline = Date.now() + mostMs;
  while (doubted.length > 0 && Date.now() < deadline) {
    await sleep(lookEveryMs);
    const unheard = await listUnheard();
    doubted = doubted
      .filter(({ hasEchoed }) => !hasEchoed())
      .map((one) => ({ ...one, unheardLooks: unheard.has(one.connection.localEnd) ? one.unheardLooks + 1 : 0 }));
    const isCut = ({ connection, unheardLooks }: (typeof doubted)[number]): boolean =>
      !connection.isOpen || unheardLooks >= mostUnheardLooks;
    lost.push(...doubted.filter(isCut).map(({ connection }) => connection));
    doubted = doubted.filter((one) => !isCut(one));
  }
  return [...lost, ...doubted.map(({ connection }) => connection)];
}

/** Reads lines of `ss -tnH state established`: our ends where bytes wait to be acknowledged. */
export function parseUnheard(text: string): ReadonlySet<string> {
  const fields = text.split('\n').map((line) => line.trim().split(/\s+/));
  return new Set(fields.filter(([, sent = '0']) => Number(sent) > 0).map(([, , local = '']) => local));
}

/** Of the namespace this process stands in. */
async function listUnheardEnds(): Promise<ReadonlySet<string>> {
  return parseUnheard(await runTool(['ss', '-tnH', 'state', 'established']));
}
