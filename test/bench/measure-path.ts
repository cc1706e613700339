import { countPath } from '../../lab/latency/count-path.ts';
import { describeFleet } from './measure-cut.ts';
import { hold, tell } from './measured.ts';
import type { Measured } from './measured.ts';
import type { FleetPlans } from './record-fleets.ts';

/** DESIGN: 2 functions; at most 2 reads and 2 writes in series, and then the call that blocks. */
const mostFunctions = 2;
const mostCallsInSeries = 5;

/** The SDK has as many sockets to an endpoint: what is more goes in rounds, and rounds count as series. */
const mostSockets = 50;

/** What others do before the first packet is blocked, counted from their published code: docs/benchmarks.md has the table. */
const peers =
  'c7n 2 to 4, irssm 4 to 6, gdsoar 6, airf 7, ec2iso 9 and 180 s open, AFO 9 to 13 and 120 s, ASR 20, gdars 38';
const peersStates = 'gdars 2, ASR 9, AFO 11; the others have no state machine';

/** Calls and states between the event and the first block, counted in the runs that the lab was just seen to do. */
export function measurePath(fleets: readonly FleetPlans[]): Measured[] {
  return fleets.flatMap(({ size, means, cold }) => {
    if (cold === null) return [];
    const { functions, statesEntered, calls, callsInSeries, series } = countPath(cold);
    const note = `${series.join(' > ')}; others: ${peers}`;
    const of = `before the first block, ${describeFleet(size, means)}`;
    return [
      hold(`functions ${of}`, functions, 'functions', mostFunctions),
      size <= mostSockets
        ? hold(`calls in series ${of}`, callsInSeries, 'calls', mostCallsInSeries, { note })
        : tell(`calls in series ${of}`, callsInSeries, 'calls', { note }),
      tell(`calls in all ${of}`, calls, 'calls'),
      tell(`states entered ${of}`, statesEntered, 'states', { note: `others: ${peersStates}` }),
    ];
  });
}
