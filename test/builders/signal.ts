import type { Signal } from '../../lambdas/shared/contracts/signal.ts';

export const ownAccount = '123456789012';

/** A command-and-control finding on one server; change what the test is about. */
export function buildSignal(over: Partial<Signal> = {}): Signal {
  return {
    source: 'guardduty',
    kind: 'command-and-control',
    identity: 'guardduty:123456789012:us-east-1:f1',
    name: 'Backdoor:EC2/C&CActivity.B',
    accountId: ownAccount,
    region: 'us-east-1',
    servers: ['i-0b0c0d0e0f00000a1'],
    resource: null,
    childAlarms: [],
    remoteAddresses: ['203.0.113.40'],
    localPorts: [50_123],
    role: 'unknown',
    severity: 8,
    measure: null,
    occurredAt: '2026-05-06T07:05:30.000Z',
    requestedBy: null,
    reason: null,
    ...over,
  };
}

/** A manual start for one server. */
export function buildManualSignal(over: Partial<Signal> = {}): Signal {
  return buildSignal({
    source: 'manual',
    kind: 'other-threat',
    identity: 'manual:ticket-4711',
    name: 'Manual start: other-threat',
    remoteAddresses: [],
    localPorts: [],
    severity: null,
    requestedBy: 'night shift',
    reason: 'unknown logins',
    ...over,
  });
}
