import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { readScenarios } from '../../lab/scenario.ts';
import { AssessmentSchema } from '../../lambdas/shared/contracts/incident.ts';
import { startTestLab } from '../start-test-lab.ts';

/** The schedule, the function and the rules are the deployed app's; the lab lets the time pass. */
describe('a conflict of time zones that lasts', () => {
  const scenario = readScenarios().find(({ name }) => name === 'logistics-time-zones');
  let lab: Lab;

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated' });
    await lab.setMode('armed');
    for (const server of scenario?.servers ?? []) await raiseServer(lab, server);
  });
  afterAll(async () => await lab.stop());

  const commands = () => lab.aws.gateway.calls.filter(({ operation }) => operation === 'SendCommand').length;
  const sensorEvents = () => lab.aws.events.events.filter(({ event }) => event.source === 'connection-fuse.sensor');

  it('is one incident, found again in every run and cut once', async () => {
    const first = await lab.trigger(scenario?.event);
    const afterFirst = commands();
    const second = await lab.trigger(scenario?.event);

    // The watch itself, and what ends the sessions.
    expect(afterFirst).toBe(2);
    expect(commands()).toBe(3);
    const [one, other] = [first, second].map(({ assessment }) => AssessmentSchema.parse(assessment));
    expect(one?.incident?.signal).toMatchObject({
      kind: 'time-zone-conflict',
      source: 'host-sensor',
      servers: ['i-0a000000000001701', 'i-0a000000000001702'],
    });
    expect(other?.incident?.id ?? one?.incident?.id).toBe(one?.incident?.id);
    expect([first.outcome, second.outcome]).toEqual(['contained', 'repeated']);
    const ids = sensorEvents().map(({ event }) => event.detail['signalId']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
