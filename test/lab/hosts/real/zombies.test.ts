import { expect, it } from 'vitest';
import { countDead } from '../../../../lab/hosts/real/zombies.ts';

const socket = (backoff: string) =>
  `0 1 10.0.1.20:443 10.0.7.1:40000 timer:(on,1.2sec,3)\n\t cubic rto:1600 ${backoff} lastrcv:2000\n`;

it('countDead counts sockets whose last words were repeated three times or more', () => {
  const lines = [socket('backoff:3'), socket('backoff:2'), socket('backoff:12'), socket('')].join('');

  expect(countDead(lines)).toBe(2);
});
