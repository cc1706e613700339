import { describe, expect, it } from 'vitest';
import { countPeers, parseSocketLine } from '../../../../lab/hosts/real/established-sockets.ts';
import { peer } from '../host-peer.ts';

describe('parseSocketLine', () => {
  it.for([
    ['0      0      10.0.1.20:8080  203.0.113.7:40000 ', '203.0.113.7'],
    ['0      0      [::ffff:10.0.1.20]:8080  [::ffff:203.0.113.7]:40000', '203.0.113.7'],
    ['0      1      [fd30::20]:8080  [fd20::5]:40000', 'fd20::5'],
    ['0      0      [fe80::1%eth0]:8080  [fe80::2%eth0]:40000', 'fe80::2'],
  ])('reads "%s"', ([line = '', remoteAddress]) => {
    expect(parseSocketLine(line)).toEqual({ localPort: 8080, remoteAddress, remotePort: 40_000 });
  });
});

describe('countPeers', () => {
  it('tells peers apart by the port that is dialled, on the side it is dialled', () => {
    const spec = {
      instanceId: 'i-1',
      privateAddress: '10.0.1.20',
      peers: [peer({ name: 'in' }), peer({ name: 'out', direction: 'out' }), peer({ name: 'none', port: 9090 })],
    };
    const socket = { remoteAddress: '203.0.113.7', localPort: 8080, remotePort: 40_000 };

    const counts = countPeers(spec, [socket, socket, { ...socket, localPort: 40_000, remotePort: 8080 }]);

    expect(counts.map(({ established }) => established)).toEqual([2, 1, 0]);
  });
});
