import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectRealHosts } from '../../lab/hosts/detect-real-hosts.ts';
import type { Lab } from '../../lab/lab.ts';
import { play } from '../../lab/play.ts';
import type { Played } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { startTestLab } from '../start-test-lab.ts';

const { possible } = await detectRealHosts();
/** `npm test` plays those that the tests below look into; `npm run proofs` plays every one. */
const shortOnes = new Set(['ransomware', 'core-ransomware', 'command-and-control', 'lifeline-life-support', 'shadow']);
const isProof = process.env['FUSE_PROOFS'] === '1';
const scenarios = readScenarios().filter(({ name }) => isProof || shortOnes.has(name));

/** Operations that change something in EC2 or on a host. */
const mutating = /^(Modify|Revoke|Authorize|Create|Delete|Send)/;

describe.each([
  { hosts: 'simulated' as const, runs: true },
  { hosts: 'real' as const, runs: possible },
])('the deployed app on $hosts hosts', ({ hosts, runs }) => {
  let lab: Lab;
  const played = new Map<string, Played>();

  beforeAll(async () => {
    if (!runs) return;
    lab = await startTestLab({ hosts });
    for (const scenario of scenarios) played.set(scenario.name, await play(lab, scenario, () => undefined));
  });

  afterAll(async () => {
    if (runs) await lab.stop();
  });

  it.skipIf(!runs).each(scenarios.map(({ name }) => name))('plays %s as its file expects', (name) => {
    const { result } = played.get(name) as Played;

    expect(result.failures).toEqual([]);
    // No Windows here, nor a whole fleet; a host without PostgreSQL is simulated too, and says so.
    const isModelled = scenarios.some((one) => one.name === name && hasModels(one));
    expect(result.simulated).toBe(hosts === 'simulated' || isModelled || result.standIns.some(lacksDatabase));
  });

  it.skipIf(!runs)('asks EC2 and the table at most twice each, in series, before the first blocking call', () => {
    const { observed } = played.get('ransomware') as Played;
    const calls = callsOf(lab, observed.incidentId);
    const untilBlocked = calls.slice(
      0,
      calls.findIndex(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute'),
    );
    const by = (stem: string) => untilBlocked.filter(({ by: name }) => name === stem);

    // In series: all a function asks before its first write goes out at once, and its writes go out at once.
    // The host cut starts beside it and is not waited for.
    const waitedFor = untilBlocked.map(({ by: name }) => name).filter((name) => name !== 'KillConnections');
    expect(new Set(waitedFor)).toEqual(new Set(['Assess', 'RevokeSecurityGroups']));
    for (const stem of ['Assess', 'RevokeSecurityGroups']) {
      const kinds = by(stem).map(({ operation }) => (/^(Put|Update)/.test(operation) ? 'write' : 'read'));
      expect(kinds.join(' ')).toMatch(/^(read )+(write ?)+$/);
    }
  });

  it.skipIf(!runs)('writes down what was before ahead of every change', () => {
    const calls = callsOf(lab, (played.get('ransomware') as Played).observed.incidentId);
    const first = (operation: string, text: string) =>
      calls.findIndex((call) => call.operation === operation && call.text.includes(text));

    const network = first('PutItem', 'action#revoke-security-groups#c1#1-intended');
    const host = first('PutItem', 'action#kill-connections#c1#1-intended');

    expect(network).toBeGreaterThan(-1);
    expect(host).toBeGreaterThan(-1);
    expect(network).toBeLessThan(first('ModifyNetworkInterfaceAttribute', ''));
    expect(host).toBeLessThan(first('SendCommand', ''));
  });

  it.skipIf(!runs)('changes nothing in shadow mode', () => {
    const calls = callsOf(lab, (played.get('shadow') as Played).observed.incidentId);

    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ service, operation }) => service !== 'dynamodb' && mutating.test(operation))).toEqual([]);
  });

  it.skipIf(!runs)('touches a lifeline by nothing but the document that keeps its clock right', () => {
    const calls = callsOf(lab, (played.get('lifeline-life-support') as Played).observed.incidentId);
    const changing = calls.filter(({ service, operation }) => service !== 'dynamodb' && mutating.test(operation));

    expect(changing.map(({ operation }) => operation)).toEqual(['SendCommand']);
    expect(JSON.stringify(changing)).toMatch(/HoldTime/);
  });

  it.skipIf(!runs)('publishes after the cut, never before it', () => {
    const calls = callsOf(lab, (played.get('ransomware') as Played).observed.incidentId);
    const published = calls.findIndex(({ operation }) => operation === 'PutEvents');

    expect(published).toBeGreaterThan(calls.findIndex(({ operation }) => operation === 'SendCommand'));
    expect(published).toBeGreaterThan(calls.findLastIndex(({ operation }) => operation.startsWith('Modify')) - 3);
  });
});

function hasModels({ servers }: Scenario): boolean {
  return servers.some(({ machine, simulated }) => machine?.platform === 'Windows' || simulated === true);
}

function lacksDatabase(words: string): boolean {
  return words.includes('PostgreSQL');
}

interface CallSeen {
  readonly service: string;
  readonly operation: string;
  readonly by: string;
  readonly text: string;
}

/** The functions' calls while one incident was worked on, up to its closing. */
function callsOf(lab: Lab, incidentId: string | null): CallSeen[] {
  const calls = lab.aws.gateway.calls.map(({ service, operation, caller, input }) => ({
    service,
    operation,
    by: /Functions(\w+)Function[0-9A-F]{8}$/.exec(lab.deployment.functionOf(caller) ?? '')?.[1] ?? '',
    text: JSON.stringify(input),
  }));
  const mine = (text: string) => text.includes(incidentId ?? 'no incident');
  const opened = calls.findIndex(({ operation, text }) => operation === 'PutItem' && mine(text));
  const start = calls.findLastIndex(({ operation }, index) => index < opened && operation === 'StartExecution');
  const end = calls.findIndex(
    ({ operation, text }, index) => index > opened && operation === 'PutEvents' && mine(text),
  );
  return calls.slice(start, end + 1).filter(({ by }) => by !== '');
}
