import { describe, expect, it } from 'vitest';
import { readVerdict } from '../../../../../lambdas/shared/actions/host-work/read-verdict.ts';
import { ReleaseVerdictSchema } from '../../../../../lambdas/shared/actions/kill-connections/verdicts.ts';

const incident = 'inc-00000000000000000001';
const verdict = {
  ok: false,
  document: 'release-connections',
  incident,
  state: 'drifted',
  tableDigest: '',
  expired: false,
  totalMs: 1,
  error: 'not the one that was set',
};
const read = (output: string) => readVerdict(ReleaseVerdictSchema, output, incident);

describe('readVerdict', () => {
  it.each(['', '\n', '\n\n----------ERROR-------\nnft: warning\nfailed to run commands: exit status 3'])(
    'finds the verdict before what the agent adds: %j',
    (added) => {
      expect(read(`Welcome\n${JSON.stringify(verdict)}${added}`)).toEqual(verdict);
    },
  );

  it('believes the last verdict where there are several', () => {
    const [first, last] = [{ ...verdict, state: 'released', ok: true }, verdict].map((one) => JSON.stringify(one));

    expect(read(`${first}\n${last}\n`)?.state).toBe('drifted');
  });

  it('believes none when the last one is of another incident', () => {
    const other = { ...verdict, incident: 'inc-ffffffffffffffffffff' };

    expect(read(`${JSON.stringify(verdict)}\n${JSON.stringify(other)}`)).toBeNull();
  });
});
