import { describe, expect, it } from 'vitest';
import { lintMachine } from '../../lab/asl/lint.ts';
import { listBranches, runState } from '../../lab/asl/walk.ts';
import { approval, buildCohort, incident, machineNames, readMachine } from './machines.ts';

/** Every input any of the machines reads, so that each state can be run alone. */
const cohort = buildCohort(['securityRisk'], { approval });
const input = {
  ...cohort,
  cohort,
  incident,
  cohorts: [cohort],
  entries: [],
  entry: { incidentId: incident.id, action: 'kill-connections', cohortId: 'c1' },
  request: {},
  decision: { approved: true },
  lost: { action: 'kill-connections' },
  withoutStandby: approval,
};
const variables = {
  assessment: { incident },
  failure: null,
  event: {},
  steps: [],
  last: 'verified',
  incident,
  cohort,
  ask: { action: 'ask-person' },
  standby: { action: 'fail-over', status: 'no-standby' },
  held: { action: 'hold-open', status: 'verified' },
  answer: null,
  receivedAt: '2026-01-01T00:00:00Z',
  request: {},
};

/** What a catcher of all is tried with; any other with its own. */
function toError([first]: readonly string[] = []): string {
  return first === undefined || first === 'States.ALL' ? 'MessageInvalidError' : first;
}

describe.each(machineNames)('%s.asl.json', (name) => {
  const machine = readMachine(name);
  const branches = listBranches(machine);
  const ofKind = (kind: (typeof branches)[number]['kind']) => branches.filter((branch) => branch.kind === kind);

  it('is clean for the validator and for our own linter', () => {
    expect(lintMachine(machine)).toEqual([]);
  });

  it('catches any loss of each task, and goes where the file says', async () => {
    for (const { state, target, errorEquals } of ofKind('catch')) {
      const outcome = await runState(machine, state, {
        input,
        variables,
        mock: { error: { error: toError(errorEquals), cause: 'gone' } },
      });

      expect({ state, errorEquals, ...outcome }).toMatchObject({
        state,
        status: 'CAUGHT_ERROR',
        next: target,
        error: toError(errorEquals),
      });
    }
  });

  it('tries each task again after every error that may pass', async () => {
    const retries = ofKind('retry').flatMap(({ state, errorEquals = [] }) =>
      errorEquals.map((error) => ({ state, error })),
    );
    for (const { state, error } of retries) {
      const outcome = await runState(machine, state, { input, variables, mock: { error: { error, cause: 'now' } } });

      expect({ state, error, ...outcome }).toMatchObject({ state, status: 'RETRIABLE', retryDelaySeconds: 1 });
    }
    expect(retries.length).toBeGreaterThan(0);
  });

  it('takes the way of its default where no rule holds', async () => {
    const none = { ...input, ...buildCohort([]), cohort: buildCohort([]), decision: { approved: false } };
    for (const { state, target } of ofKind('default')) {
      const outcome = await runState(machine, state, { input: none, variables });

      expect({ state, ...outcome }).toMatchObject({ state, status: 'SUCCEEDED', next: target });
    }
  });
});
