import type { Observed } from '../../lab/result.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** A scenario with one server, one peer to be cut and one golden peer. */
export function buildScenario(over: Partial<Scenario> = {}): Scenario {
  return {
    name: 'example',
    description: 'An example',
    mode: 'armed',
    event: {},
    servers: [
      {
        id: 'i-0a000000000000001',
        address: '10.0.1.20',
        tags: {},
        interfaces: 1,
        peers: [
          {
            name: 'users',
            address: '198.51.100.1',
            connections: 5,
            direction: 'in',
            port: 443,
            golden: false,
            allowed: 'anyone',
          },
          {
            name: 'desk',
            address: '10.0.9.1',
            connections: 2,
            direction: 'in',
            port: 9100,
            golden: true,
            allowed: 'anyone',
          },
        ],
      },
    ],
    expect: {
      outcome: 'contained',
      path: ['Assess', 'Close incident'],
      entries: { 'kill-connections': 'verified' },
      cut: ['users'],
      maximumLatencyMs: 3000,
    },
    ...over,
  };
}

/** What is seen when `buildScenario` goes exactly as wanted. */
export function buildObserved(over: Partial<Observed> = {}): Observed {
  const server = 'i-0a000000000000001';
  return {
    incidentId: 'inc-00000000000000000001',
    eventName: 'Backdoor:EC2/C&CActivity.B',
    outcome: 'contained',
    reason: 'all held',
    trouble: null,
    cohorts: [],
    path: ['Assess', 'Close incident'],
    peers: [
      { server, peer: 'users', golden: false, before: 5, after: 0, restored: 5 },
      { server, peer: 'desk', golden: true, before: 2, after: 2, restored: 2 },
    ],
    machines: [],
    standIns: [],
    goldenLost: 0,
    latencyMs: 400,
    entries: [{ action: 'kill-connections', cohortId: 'c1', status: 'verified', at: '2026-03-04T09:20:06Z' }],
    restoreStatuses: ['undone'],
    networkAsBefore: true,
    milliseconds: 10,
    ...over,
  };
}
