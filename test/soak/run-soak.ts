// npm run soak [-- --json] [-- --minutes 60] [-- --events-per-minute 6] [-- --write]: one hour of the lab's time, compressed: a mixed
// storm of events with faults. Exit status 1 when an event is lost or doubled, something does not come back, or memory
// or handles grow by more than is allowed.
import { rm } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startFaultLab } from '../../lab/faults/fault-lab.ts';
import { labAccount } from '../../lab/lab.ts';
import { synthesise } from '../../lab/synthesise.ts';
import { judgeSoak } from './judge-soak.ts';
import { playHour } from './play-hour.ts';
import { toMultiples } from './rates.ts';
import { toPage, writePage } from './write-page.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    minutes: { type: 'string', default: '60' },
    'events-per-minute': { type: 'string', default: '6' },
    write: { type: 'boolean' },
  },
});
/** Results go to stdout; what is going on does not. */
const say = (line: string): void => console.error(`… ${line}`);
/** Few processes that serve many requests show a leak sooner than many that serve few. */
const mostProcesses = 2;

const props = { minutes: Number(values.minutes), eventsPerMinute: Number(values['events-per-minute']) };
const startedAt = performance.now();
const [loadBefore = NaN] = loadavg();
const { loaded, folder } = await synthesise(labAccount);
const lab = await startFaultLab(loaded, { mostProcesses });
try {
  const hour = await playHour(lab, props, say);
  const multiples = toMultiples(hour.counts, props.minutes);
  const figures = judgeSoak(hour.samples, hour.fates, multiples);
  const ok = figures.every((figure) => figure.ok);
  const realSeconds = Math.round((performance.now() - startedAt) / 1000);
  const [loadAfter = NaN] = loadavg();
  const load = [loadBefore, loadAfter] as const;
  const result = { ok, ...props, realSeconds, load, cores: availableParallelism(), figures, multiples, ...hour };
  console.log(values.json === true ? JSON.stringify(result) : toPage(result));
  if (values.write === true) await writePage(result);
  // The first ones tell enough; the figures count all.
  for (const one of [...hour.fates.lost, ...hour.fates.doubled, ...hour.fates.notRestored].slice(0, 20)) say(one);
  if (!ok) process.exitCode = 1;
} finally {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
}
