import { describe, expect, it } from 'vitest';
import { planEvent } from '../../cli/plan-event.ts';
import { buildException, buildPolicy } from '../builders/policy.ts';

const server = 'i-0b0c0d0e0f00000a1';

/** A manual start on the one server. */
function start(kind: string): object {
  return { fuse: 'trip', requestedBy: 'ada', reason: 'a drill', servers: [server], kind, requestId: 'r1' };
}

const trading = { servers: { [server]: { profile: 'trading' } } };
const core = { servers: { [server]: { service: 'matching' } } };
const lifeline = { lifelines: [{ name: 'icu', kind: 'life-support', servers: { ids: [server] } }] };
const vouched = { exceptions: [buildException({ until: '2099-01-01T00:00:00Z' })] };

describe('planEvent', () => {
  it.each([
    ['a threat', 'command-and-control', {}, 'Isolate', ['revoke-security-groups', 'kill-connections']],
    [
      'a red line, in the shape of its profile',
      'abnormal-orders',
      trading,
      'Cut by profile',
      ['stop-service', 'kill-connections', 'resync-clock'],
    ],
    [
      'ransomware on core business',
      'ransomware',
      core,
      'Isolate',
      ['revoke-security-groups', 'kill-connections', 'fail-over'],
    ],
    ['a threat that somebody vouches for', 'command-and-control', vouched, 'Ask a person', ['ask-person']],
    ['a threat to a lifeline', 'ransomware', lifeline, 'Hold open', ['hold-open', 'ask-person']],
  ])('names what would be done about %s', async (_what, kind, policy, state, actions) => {
    const plan = await planEvent(start(kind), buildPolicy(policy));

    expect(plan).toMatchObject({ outcome: 'incident', kind, servers: [server] });
    expect(plan.path).toContain(state);
    expect(plan.actions).toEqual(actions.map((action) => `${action} c1`));
  });

  it('walks a cut that waits no further than to the question', async () => {
    const { path } = await planEvent(start('command-and-control'), buildPolicy(vouched));

    expect(path.at(-1)).toBe('Close incident');
    expect(path).not.toContain('Isolate');
  });
});
