import { detectTimeZonesParameters } from '../../../documents/detect-time-zones.ts';
import type { CommandResult } from '../host-world.ts';
import { plainMachine } from '../machine.ts';
import type { MachineSpec } from '../machine.ts';
import { answer } from './document-answer.ts';
import { readValues } from './read-environment.ts';
import type { Values } from './read-environment.ts';

/** Where simulated servers are unless somebody moved them. */
const usualZone = 'Etc/UTC';

/** Tells the zone of a simulated server; its database counts in the host's. */
export function detectTimeZones(
  { timeZone, database }: MachineSpec = plainMachine,
  environment: Values,
): CommandResult {
  const { incident } = readValues(environment, detectTimeZonesParameters);
  const zone = timeZone ?? usualZone;
  const offsetMinutes = readOffsetMinutes(zone);
  return answer(0, {
    ok: true,
    document: 'detect-time-zones',
    incident,
    offsetMinutes,
    zone,
    localtime: `/usr/share/zoneinfo/${zone}`,
    ntpSynchronized: 'yes',
    engines:
      database === undefined ? [] : [{ engine: database.engine, zone, source: 'configuration file', offsetMinutes }],
    processes: [],
    processZones: 0,
    listFile: '',
    listDigest: '',
    totalMs: 0,
    error: '',
  });
}

/** Minutes east of UTC now, by this machine's own zone database. */
function readOffsetMinutes(timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date());
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
