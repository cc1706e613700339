import { describe, expect, it } from 'vitest';
import { actionsOf, changesIn, findWrongCalls } from './find-calls.ts';

const written = (action: string) => ({
  service: 'dynamodb',
  operation: 'PutItem',
  text: `{"sk":{"S":"action#${action}#c1#1-intended"}}`,
});
const modify = { service: 'moto', operation: 'ModifyNetworkInterfaceAttribute', text: 'Action=…' };
const switchOver = { service: 'moto', operation: 'ModifyListener', text: 'Action=…' };
const send = (document: string) => ({
  service: 'moto',
  operation: 'SendCommand',
  text: `{"DocumentName":"FuseHostDocuments${document}A08DA7B6"}`,
});

describe('calls of the functions', () => {
  it('belong to actions by their operation and their document', () => {
    expect(actionsOf(modify)).toEqual(['revoke-security-groups']);
    expect(actionsOf(switchOver)).toEqual(['fail-over']);
    expect(actionsOf(send('KillConnectionsOnWindows'))).toEqual(['kill-connections']);
    expect(actionsOf(send('ReleaseConnections'))).toEqual(['kill-connections', 'shed-connections']);
    expect(actionsOf(send('InstallSensor'))).toEqual([]);
  });

  it('change nothing where they only look or write the table', () => {
    expect(changesIn([written('hold-open'), send('DetectTimeZones'), send('HoldTime')])).toEqual(['SendCommand']);
  });

  it.each([
    ['in order', [written('revoke-security-groups'), modify], []],
    ['before their record', [modify, written('revoke-security-groups')], [/comes before/]],
    ['after the record of another action', [written('fail-over'), modify], [/comes before/]],
    ['never made', [written('revoke-security-groups')], [/No call was made for "revoke-security-groups"/]],
    ['of a stranger', [written('revoke-security-groups'), modify, switchOver], [/belongs to no action/]],
    ['not seen', [], [/No call was seen/, /No call was made/]],
  ])('are judged when %s', (_case, calls, wanted) => {
    const findings = findWrongCalls(calls, 'armed', { 'revoke-security-groups': 'verified' });

    expect(findings).toEqual(wanted.map((words) => expect.stringMatching(words) as string));
  });

  it('are none where nobody could take over, and none in shadow mode', () => {
    const calls = [written('fail-over'), switchOver];

    expect(findWrongCalls(calls, 'armed', { 'fail-over': 'no-standby' })).toHaveLength(1);
    expect(findWrongCalls(calls, 'armed', { 'fail-over': 'verified' })).toEqual([]);
    // What failed may have been called, or not.
    expect(findWrongCalls(calls, 'armed', { 'fail-over': 'failed' })).toEqual([]);
    expect(findWrongCalls(calls, 'shadow', { 'fail-over': 'planned' })).toHaveLength(1);
  });
});
