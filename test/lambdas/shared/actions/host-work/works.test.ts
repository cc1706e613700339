import { describe, expect, it } from 'vitest';
import type { ActionContext, Json } from '../../../../../lambdas/shared/actions/action.ts';
import { holdTaskWork } from '../../../../../lambdas/shared/actions/hold-task/hold-task.ts';
import type { HostWork } from '../../../../../lambdas/shared/actions/host-work/host-action.ts';
import { killSessionsWork } from '../../../../../lambdas/shared/actions/kill-sessions/kill-sessions.ts';
import { resyncClockWork } from '../../../../../lambdas/shared/actions/resync-clock/resync-clock.ts';
import { shedConnectionsWork } from '../../../../../lambdas/shared/actions/shed-connections/shed-connections.ts';
import { stopServiceWork } from '../../../../../lambdas/shared/actions/stop-service/stop-service.ts';
import { holdTask as holdTaskDocument } from '../../../../../documents/hold-task.ts';
import { killSessions as killSessionsDocument } from '../../../../../documents/kill-sessions.ts';
import { releaseConnections as releaseConnectionsDocument } from '../../../../../documents/release-connections.ts';
import { releaseTask as releaseTaskDocument } from '../../../../../documents/release-task.ts';
import { resyncClock as resyncClockDocument } from '../../../../../documents/resync-clock.ts';
import { shedConnections as shedConnectionsDocument } from '../../../../../documents/shed-connections.ts';
import { startService as startServiceDocument } from '../../../../../documents/start-service.ts';
import { stopService as stopServiceDocument } from '../../../../../documents/stop-service.ts';
import type { Cohort } from '../../../../../lambdas/shared/contracts/incident.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';

const incident = buildIncident();
const policy = buildPolicy({
  goldenChannels: [
    { name: 'desk', servers: { profile: 'trading' }, direction: 'in', peers: ['10.0.9.0/24'], ports: [9100] },
  ],
  profiles: { logistics: { users: ['batch'], applications: ['importer'], minAgeSeconds: 60 } },
  priorityClasses: [
    { name: 'batch', ports: [8085], peers: ['10.1.0.0/16'] },
    { name: 'reports', processes: ['reporter'], cgroups: ['/system.slice/reports.service'] },
    { name: 'customers', ports: [443] },
  ],
});
const contextOf = (profile: Cohort['profile'], over: Partial<Cohort> = {}): ActionContext => ({
  incident,
  policy,
  cohort: buildCohort({ profile, byProfile: true, goldenChannels: ['desk'], ...over }),
});

const cases: {
  work: HostWork;
  profile: Cohort['profile'];
  document: object;
  undo?: object;
  others: Cohort['profile'][];
}[] = [
  {
    work: stopServiceWork,
    profile: 'trading',
    document: stopServiceDocument,
    undo: startServiceDocument,
    others: ['logistics', 'surveillance', 'general'],
  },
  { work: stopServiceWork, profile: 'medical', document: stopServiceDocument, undo: startServiceDocument, others: [] },
  {
    work: holdTaskWork,
    profile: 'medical',
    document: holdTaskDocument,
    undo: releaseTaskDocument,
    others: ['trading', 'logistics', 'general'],
  },
  {
    work: resyncClockWork,
    profile: 'trading',
    document: resyncClockDocument,
    others: ['logistics', 'surveillance', 'general'],
  },
  { work: resyncClockWork, profile: 'medical', document: resyncClockDocument, others: [] },
  { work: killSessionsWork, profile: 'logistics', document: killSessionsDocument, others: [] },
  {
    work: shedConnectionsWork,
    profile: 'general',
    document: shedConnectionsDocument,
    undo: releaseConnectionsDocument,
    others: [],
  },
];

/** Says which value its document would refuse, as Systems Manager does before anything runs. */
function findRefused(document: object, given: Readonly<Record<string, string>>): string[] {
  const { parameters } = document as { parameters: Record<string, { allowedPattern: string; default?: string }> };
  const unknown = Object.keys(given).filter((name) => parameters[name] === undefined);
  const refused = Object.entries(parameters)
    .map(([name, rule]) => ({ name, rule, value: given[name] ?? rule.default ?? '' }))
    .filter(({ rule, value }) => !new RegExp(rule.allowedPattern).test(value))
    .map(({ name, value }) => `${name}="${value}"`);
  return [...unknown, ...refused];
}

describe.each(cases)('$work.facts.id for profile $profile', ({ work, profile, document, undo, others }) => {
  it('gives its document parameters that the document takes', () => {
    const order = work.order(contextOf(profile));

    expect(order.kind).toBe('run');
    expect(order.kind === 'run' ? findRefused(document, order.parameters) : order).toEqual([]);
  });

  it('gives the undoing document parameters that it takes, with and without a recorded verdict', () => {
    const order = work.order(contextOf(profile));
    if (undo === undefined || 'irreversible' in work.undo || order.kind !== 'run') return;

    const change = { target: 'i-1', server: 'i-1', before: order.before, intended: order.parameters };
    const seen: Json = {
      services: [
        { name: 'trading-engine.service', before: 'active' },
        { name: 'idle', before: 'inactive' },
      ],
      tableDigest: 'a'.repeat(64),
    };

    expect(findRefused(undo, work.undo.parameters(change, undefined))).toEqual([]);
    expect(findRefused(undo, work.undo.parameters(change, seen))).toEqual([]);
  });

  it.each(others)('does nothing for profile %s', (other) => {
    expect(work.order(contextOf(other)).kind).toBe('nothing');
  });

  it.each(['', 'Killed', '{}', '{"ok":true}', `{"ok":true,"incident":"${incident.id}"}`])(
    'believes no success by the output %j',
    (output) => {
      expect(work.see(output, incident.id)).toBeNull();
    },
  );
});

describe('the verdicts of host work', () => {
  const stopped = { name: 'trading-engine.service', before: 'active', now: 'inactive', status: 'stopped' };
  const stop = { ok: true, document: 'stop-service', incident: incident.id, services: [stopped], error: '' };

  it.each([
    ['all services stopped', stop, true],
    ['one failed', { ...stop, services: [stopped, { ...stopped, status: 'failed' }] }, false],
    ['the host says no', { ...stop, ok: false }, false],
    ['an error beside it', { ...stop, error: 'deadline' }, false],
    ['nothing listed', { ...stop, services: [] }, false],
  ])('hold or not: %s', (_title, verdict, held) => {
    expect(stopServiceWork.see(JSON.stringify(verdict), incident.id)).toMatchObject({ held });
  });

  it('belong to one incident', () => {
    expect(stopServiceWork.see(JSON.stringify({ ...stop, incident: 'inc-other' }), incident.id)).toBeNull();
  });

  it('start again exactly what was active before', () => {
    const seen = { services: [stopped, { ...stopped, name: 'idle.service', before: 'inactive' }] };
    const change = { target: 'i-1', server: 'i-1', before: {}, intended: { incident: incident.id } };

    const parameters = 'irreversible' in stopServiceWork.undo ? {} : stopServiceWork.undo.parameters(change, seen);

    expect(parameters).toMatchObject({ services: 'trading-engine.service' });
  });

  it.each([
    [['started'], 'undone'],
    [['already-started'], 'already-undone'],
    [['started', 'drifted'], 'drifted'],
    [['started', 'failed'], 'failed'],
    [[], 'already-undone'],
  ])('end an undo with %j as %s', (statuses, status) => {
    const services = statuses.map((word) => ({ name: 'a', before: 'active', now: 'active', status: word }));
    const output = JSON.stringify({ ok: true, document: 'start-service', incident: incident.id, services, error: '' });

    expect(
      'irreversible' in stopServiceWork.undo ? null : stopServiceWork.undo.read(output, incident.id, undefined),
    ).toMatchObject({
      status,
    });
  });

  it.each([
    ['nothing was recorded', undefined, 'already-undone'],
    ['no answer was recorded', null, 'already-undone'],
    ['a change was recorded', { services: [stopped] }, 'failed'],
  ])('where the host has no note and %s', (_title, seen, status) => {
    const error = 'Parameter services is empty, and no note on this host says what was active';
    const output = JSON.stringify({ ok: false, document: 'start-service', incident: incident.id, services: [], error });

    const { undo } = stopServiceWork;
    expect('irreversible' in undo ? null : undo.read(output, incident.id, seen)).toMatchObject({ status });
  });

  it('never call a clock right that was not read back under the limit for a while', () => {
    const clock = {
      ok: true,
      document: 'resync-clock',
      incident: incident.id,
      mode: 'step',
      source: '169.254.169.123',
      offsetBeforeMs: 800,
      boundBeforeMs: 801,
      offsetAfterMs: 0.1,
      boundAfterMs: 0.2,
      stepped: true,
      readings: 5,
      stable: true,
      withinLimit: true,
      hardwareClock: 'none',
      timeZone: '+0000',
      error: '',
    };
    const held = (over: object) => resyncClockWork.see(JSON.stringify({ ...clock, ...over }), incident.id)?.held;

    expect([held({}), held({ stable: false }), held({ withinLimit: false }), held({ ok: false })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('order no shedding by classes that leave nothing to shed', () => {
    const poor = { ...contextOf('general'), policy: buildPolicy({ priorityClasses: [{ name: 'all', ports: [443] }] }) };

    expect(shedConnectionsWork.order(poor)).toMatchObject({ kind: 'unable' });
  });

  it.each([
    [{}, { load: 'cpu', highMark: '90', lowMark: '70' }],
    [
      { load: 'connections', highMark: 500, lowMark: 300 },
      { load: 'connections', highMark: '500', lowMark: '300' },
    ],
    [
      { load: 'bytes', highMark: 2_000_000, lowMark: 0 },
      { load: 'bytes', highMark: '2000000', lowMark: '0' },
    ],
  ] as const)('order a shedding by the load of the policy, %j', (shedding, wanted) => {
    const own = buildPolicy({ priorityClasses: [...policy.priorityClasses], shedding });

    expect(shedConnectionsWork.order({ ...contextOf('general'), policy: own })).toMatchObject({ parameters: wanted });
  });

  it('order no killing of sessions that nobody named', () => {
    expect(killSessionsWork.order({ ...contextOf('logistics'), policy: buildPolicy() })).toMatchObject({
      kind: 'unable',
    });
  });
});
