import { describe, expect, it } from 'vitest';
import { showIncident } from '../../../../cli/commands/audit/show-incident.ts';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import { buildAssessment, buildIncident, buildOutcome } from '../../../builders/action-request.ts';
import { buildItem, closeItems } from '../../../builders/audit-items.ts';
import { buildSignal } from '../../../builders/signal.ts';

const change = {
  target: 'eni-1',
  server: 'i-1',
  before: { kind: 'interface', groups: ['sg-a', 'sg-b'], vpcId: 'vpc-1' },
  intended: { kind: 'interface', groups: ['sg-q'] },
};
const key = 'action#revoke-security-groups#c1#';
const remark = { target: 'eni-2', reason: 'it has no other groups' };

function buildCut(over: { signal?: object; intended?: object; undos?: readonly AuditItem[] } = {}): AuditItem[] {
  const signal = { ...buildSignal(), ...over.signal };
  const { signal: _signal, ...rest } = buildIncident();
  const observations = [{ target: 'eni-1', held: true, seen: {}, reason: 'as set', connectionsCut: 0 }];
  const intended = {
    changes: [change],
    leftAlone: [remark],
    unable: [],
    refusals: [],
    mode: 'armed',
    ...over.intended,
  };
  const items = [
    buildItem('opened#01', 0, { ...rest, signal, assessment: buildAssessment() }),
    buildItem(`${key}1-intended`, 1, intended),
    buildItem(`${key}3-verified`, 2, { outcome: buildOutcome(), observations, remarks: [remark] }),
  ];
  return [...closeItems(items, 'closed#01', 3, { outcome: 'contained' }), ...(over.undos ?? [])];
}

const show = (items: readonly AuditItem[]) => showIncident(items).join('\n');

describe('showIncident', () => {
  it('tells who, why, what from before to after, when with its clock, and how it ended', () => {
    const text = show(buildCut());

    expect(text).toMatch(/revoke-security-groups c1.*: verified/);
    expect(text).toMatch(/who {3}event of guardduty: ".+" \(.+\), rule securityRisk/);
    expect(text).toMatch(/yes securityRisk: finding/);
    expect(text).toMatch(/eni-1 of i-1\n +groups: \[sg-a, sg-b\] -> \[sg-q\]\n +with kind interface, vpcId vpc-1/);
    expect(text).toMatch(/read back: held, as set/);
    expect(text).toMatch(/1-intended 2026-05-06T07:01:00\.000Z \(AWS \+5 ms, within 40 ms\)/);
    expect(text).toMatch(/closed#01.*\n {2}outcome contained\n {2}seal [0-9a-f]{64}/);
    expect(text.match(/eni-2/g)).toHaveLength(1);
  });

  it('names the person who started it by hand', () => {
    const text = show(buildCut({ signal: { source: 'manual', requestedBy: 'ada', reason: 'ransom note' } }));

    expect(text).toContain('ada, by hand: "ransom note"');
  });

  it('says of a plan that nothing was changed', () => {
    const [opened, intended] = buildCut({ intended: { mode: 'shadow' } });

    expect(show([opened, intended].filter((item) => item !== undefined))).toMatch(
      /c1.*: no end on record[^]*only planned: shadow mode/,
    );
  });

  it('tells undos in their order, with who wanted each', () => {
    const undo = (number: number, status: string) =>
      buildItem(`${key}${number}-${status}`, 10 + number, {
        undoings: [{ target: 'eni-1', status, reason: 'was so' }],
        requestedBy: 'bob',
        reason: `try ${number}`,
      });

    const text = show(buildCut({ undos: [undo(10, 'undone'), undo(4, 'failed')] }));

    expect(text).toMatch(/: verified, then undone/);
    expect(text).toMatch(/undo {2}by bob: "try 4"\n +eni-1 failed: was so\n +by bob: "try 10"/);
  });

  it('leaves nothing out: what it does not know is told in a line', () => {
    const text = show([...buildCut(), buildItem('asked#c1', 5, { summary: 'over budget', clock: null })]);

    expect(text).toMatch(/asked#c1 2026-05-06T07:05:00\.000Z \(clock unknown\)\n {2}summary over budget/);
  });

  it('says that an entry is malformed', () => {
    expect(show(buildCut({ intended: { changes: 'none' } }))).toMatch(/"action.*1-intended" is malformed/);
  });

  it.each([
    ['closed#01', { cutMs: 812, verifiedMs: 1204 }, 'network cut 812 ms after the event, seen to hold after 1204 ms'],
    ['closed#c1', { cutMs: 90, verifiedMs: 400 }, 'network cut 90 ms after the answer, seen to hold after 400 ms'],
    ['closed#01', { cutMs: 2100, verifiedMs: 3001 }, 'seen to hold after 3001 ms, later than 3000 ms'],
    ['closed#01', { cutMs: 700, verifiedMs: null }, 'network cut 700 ms after the event, never seen to hold'],
  ])('tells at %s how long the network cut took: %j', (sk, latency, told) => {
    expect(show(closeItems(buildCut(), sk.replace('01', '02'), 4, { outcome: 'contained', latency }))).toContain(told);
  });

  it('says nothing of the time where nothing was cut from the network', () => {
    const latency = { cutMs: null, verifiedMs: null };

    expect(show(closeItems(buildCut(), 'closed#02', 4, { outcome: 'observed', latency }))).not.toContain('network cut');
  });
});
