import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { runFuse } from '../cli/run-fuse.ts';
import { startTestLab } from '../start-test-lab.ts';

const recorded = readFileSync('lab/scenarios/ransomware/event.json', 'utf8');

/** GuardDuty's finding about a server; `count` grows with each update of it. */
function writeFinding(number: string, count: number): unknown {
  const text = recorded
    .replaceAll('i-0a000000000000101', `i-0c00000000000000${number}`)
    .replaceAll('0a000000000000000000000000000001', `0c00000000000000000000000000000${number}`)
    .replaceAll('10.0.1.20', `10.60.0.${number}`);
  const event = JSON.parse(text) as { id: string; detail: { service: object } };
  return {
    ...event,
    id: `7f0b6a52-0a51-4c55-9d8e-0000000${number}000${count}`,
    detail: { ...event.detail, service: { ...event.detail.service, count } },
  };
}

describe('events about one server at one moment', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated', skipsWaits: true });
    await lab.setMode('armed');
  });
  afterAll(async () => await lab.stop());

  const raise = async (number: string) => {
    const id = `i-0c00000000000000${number}`;
    const peer = { name: 'cameras', address: '198.51.100.90', connections: 4, port: 443, golden: false } as const;
    await raiseServer(lab, {
      id,
      address: `10.60.0.${number}`,
      tags: { [tagKeys.profile]: 'surveillance' },
      interfaces: 2,
      peers: [{ ...peer, direction: 'in', allowed: 'anyone' }],
    });
    return { id, before: lab.networkOf(id) };
  };
  const alarmOf = (id: string): unknown => {
    const alarms = lab.deployment.logicalIdsOf('AWS::CloudWatch::Alarm');
    const name = lab.deployment.physicalIdOf(alarms.find((one) => one.includes('HostSensorsZombieConnections')) ?? '');
    const reason = 'Threshold Crossed: 1 datapoint [3.0 (04/03/26 09:10:00)] was greater than the threshold (1.0).';
    return lab.aws.cloudWatch.setContributorState(name, { InstanceId: id }, 'ALARM', reason);
  };
  const send = async (...events: readonly unknown[]): Promise<void> => {
    for (const event of events) emitEvent(lab.aws, lab.deployment, event);
    await lab.aws.whenIdle();
  };
  const outcomesOf = async (incidentId: string) =>
    (await lab.audit.readIncident(incidentId))
      .filter(({ sk }) => sk.startsWith('closed#') || sk.startsWith('failed#'))
      .map((item) => item['outcome']);
  const restore = async (incidentId: string) =>
    (await runFuse(['restore', incidentId, '--reason', 'over'], lab.aws.environment)).status;

  it.each([
    ['alarm first', '1', (alarm: unknown, finding: unknown) => [alarm, finding], false],
    ['finding first', '2', (alarm: unknown, finding: unknown) => [finding, alarm], true],
  ] as const)(
    'an alarm and a finding, %s, are two incidents that both tell the truth and both go back',
    async (_, number, order, isReversed) => {
      const { id, before } = await raise(number);

      await send(...order(alarmOf(id), writeFinding(number, 1)));

      const incidents = await lab.audit.listIncidentsOf(id);
      expect(incidents).toHaveLength(2);
      for (const incidentId of incidents) expect(await outcomesOf(incidentId)).toEqual(['contained']);
      expect(lab.networkOf(id)).not.toBe(before);
      for (const incidentId of isReversed ? incidents.toReversed() : incidents) await restore(incidentId);
      expect(lab.networkOf(id)).toBe(before);
      expect(await lab.audit.listCuts()).toEqual([]);
    },
  );

  it('updates of a finding that come out of order, and twice, cut once', async () => {
    const { id, before } = await raise('3');
    const from = lab.aws.gateway.calls.length;

    await send(writeFinding('3', 3), writeFinding('3', 1), writeFinding('3', 3), writeFinding('3', 2));

    const [incidentId = '', ...others] = await lab.audit.listIncidentsOf(id);
    expect(others).toEqual([]);
    expect(await outcomesOf(incidentId)).toEqual(['contained']);
    const moves = lab.aws.gateway.calls
      .slice(from)
      .filter(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
    expect(moves).toHaveLength(2);
    expect(await restore(incidentId)).toBe(0);
    expect(lab.networkOf(id)).toBe(before);
  });
});
