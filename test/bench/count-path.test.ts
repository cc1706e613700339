import { describe, expect, it } from 'vitest';
import { countPath } from '../../lab/latency/count-path.ts';
import { buildMoveStep, buildStep, waitFor, waitForSome } from './recorded.ts';

const transition = buildStep({ kind: 'machine', latency: 'transition', operation: 'transition', stem: '' });
const invoke = buildStep({ kind: 'invoke', latency: 'invoke', operation: 'Invoke' });

describe('countPath', () => {
  it('counts functions, states and calls that the first block waits for', () => {
    const plan = [
      transition,
      { ...invoke, waits: waitFor(0) },
      buildStep({ operation: 'Query', waits: waitFor(1) }),
      buildStep({ operation: 'GetItem', waits: waitFor(1) }),
      buildStep({ waits: waitFor(2, 3) }),
      buildMoveStep({ waits: waitFor(4) }),
    ];

    expect(countPath(plan)).toEqual({
      functions: 1,
      statesEntered: 1,
      calls: 4,
      callsInSeries: 3,
      series: ['GetItem', 'PutItem', 'ModifyNetworkInterfaceAttribute'],
    });
  });

  it('does not count what runs beside it or comes after it', () => {
    const plan = [transition, buildStep({ waits: waitFor(0) }), buildMoveStep({ waits: waitFor(0) }), buildMoveStep()];

    expect(countPath(plan)).toMatchObject({ calls: 1, callsInSeries: 1 });
  });

  it('counts a pool by its rounds', () => {
    const puts = Array.from({ length: 5 }, (_, place) =>
      buildStep({
        waits:
          place < 2
            ? []
            : waitForSome(
                place - 1,
                Array.from({ length: place }, (_unused, other) => other),
              ),
      }),
    );

    expect(countPath([...puts, buildMoveStep({ waits: waitFor(0, 1, 2, 3, 4) })])).toMatchObject({
      calls: 6,
      callsInSeries: 4,
    });
  });

  it('refuses a run in which nothing was cut', () => {
    expect(() => countPath([buildStep()])).toThrow('blocks anything');
  });
});
