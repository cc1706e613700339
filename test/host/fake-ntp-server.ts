import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * A time source for tests: answers NTP requests on port 123 of one address with this machine's time plus an offset.
 * Its file says how, read anew at each request: a number of milliseconds, `silent`, `unsynchronised`, or `leaping` for
 * one that announces a leap second.
 */
const [address = '', behaviourPath = '', readyPath = ''] = process.argv.slice(2);

const secondsFrom1900To1970 = 2_208_988_800;
/** Values of the two bits that warn. */
const leaps: Readonly<Record<string, number>> = { leaping: 1, unsynchronised: 3 };
const server = createSocket(address.includes(':') ? 'udp6' : 'udp4');

server.on('message', (request, peer) => {
  const behaviour = readFileSync(behaviourPath, 'utf8').trim();
  if (behaviour === 'silent' || request.length < 48) return;
  const leap = leaps[behaviour] ?? 0;
  const seconds = (performance.timeOrigin + performance.now() + (leap === 0 ? Number(behaviour) : 0)) / 1000;
  server.send(buildAnswer(request, seconds, leap), peer.port, peer.address);
});
server.bind(123, address, () => writeFileSync(readyPath, ''));

/** The 48 bytes of RFC 5905, figure 8: version 4, mode server, stratum 1. */
function buildAnswer(request: Buffer, seconds: number, leap: number): Buffer {
  const answer = Buffer.alloc(48);
  answer[0] = (leap << 6) | 0b0010_0100;
  answer[1] = 1;
  answer[2] = request[2] ?? 0;
  answer.writeInt8(-20, 3);
  answer.writeUInt32BE(6, 4); // root delay, in 1/65536 s
  answer.writeUInt32BE(6, 8); // root dispersion
  answer.write('TEST', 12, 'ascii');
  writeTime(answer, 16, seconds - 1);
  request.copy(answer, 24, 40, 48); // the request's transmit time comes back as origin
  writeTime(answer, 32, seconds);
  writeTime(answer, 40, seconds);
  return answer;
}

function writeTime(answer: Buffer, offset: number, unixSeconds: number): void {
  const whole = Math.floor(unixSeconds);
  answer.writeUInt32BE(whole + secondsFrom1900To1970, offset);
  answer.writeUInt32BE(Math.floor((unixSeconds - whole) * 2 ** 32), offset + 4);
}
