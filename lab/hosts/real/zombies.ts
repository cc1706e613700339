import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerSpec } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';
import { runTool } from './run-tool.ts';

// After the third retransmission (0.2, 0.4 and 0.8 s) nothing was heard for more than a second.
const deadBackoff = 3;
const mostTries = 100;
const betweenTriesMs = 100;

/** Waits until every connection of these peers has been asked again and again without an answer. */
export async function waitUntilDead(namespace: string, zombies: readonly PeerSpec[]): Promise<void> {
  const wanted = zombies.reduce((sum, { connections }) => sum + connections, 0);
  const filter = zombies.map(({ address }) => `dst ${address}`).join(' or ');
  let dead = 0;
  for (let tries = 0; tries < mostTries; tries++) {
    dead = countDead(await runTool(['ss', '-tnHOi', 'state', 'established', `( ${filter} )`], { namespace }));
    if (dead >= wanted) return;
    await sleep(betweenTriesMs);
  }
  throw new HostWorldError(`Cannot make zombies of ${wanted} connections: ${dead} are unanswered`);
}

/** Counts sockets whose last words were repeated often enough: `ss` shows how often the time-out was doubled. */
export function countDead(lines: string): number {
  const backoffs = [...lines.matchAll(/ backoff:(\d+)/g)].map(([, text]) => Number(text));
  return backoffs.filter((backoff) => backoff >= deadBackoff).length;
}
