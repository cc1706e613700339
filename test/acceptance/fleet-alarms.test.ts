import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { AssessmentSchema } from '../../lambdas/shared/contracts/incident.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { startTestLab } from '../start-test-lab.ts';

/** The alarms that the stack deploys over whole fleets, each set off by one server. Everything behind it is the app's. */
describe('the deployed alarms over a fleet', () => {
  let lab: Lab;
  const nameOf = (id: string): string => {
    const alarms = lab.deployment.logicalIdsOf('AWS::CloudWatch::Alarm');
    return lab.deployment.physicalIdOf(alarms.find((logicalId) => logicalId.includes(`HostSensors${id}`)) ?? '');
  };

  beforeAll(async () => {
    lab = await startTestLab({ hosts: 'simulated' });
  });
  afterAll(async () => await lab.stop());

  it.each([
    ['CpuLoad', 'general', 'overload', 'Shed connections', 97],
    ['ClockOffset', 'trading', 'clock-offset', 'Cut by profile', 40],
    ['ZombieConnections', 'surveillance', 'zombie-connections', 'Cut by profile', 3],
    ['NightLogins', 'surveillance', 'night-login', 'Cut by profile', 1],
  ])('lead from %s on a server of profile %s to the answer of %s', async (alarm, profile, kind, state, value) => {
    const id = `i-0f00000000000${String(value).padStart(4, '0')}`;
    const tags = { [tagKeys.profile]: profile };
    await raiseServer(lab, { id, address: `10.40.0.${value}`, tags, interfaces: 1, peers: [] });
    const at = '04/03/26 09:10:00';
    const reason = `Threshold Crossed: 1 datapoint [${value}.0 (${at})] was greater than the threshold (1.0).`;

    const contributor = lab.aws.cloudWatch.setContributorState(nameOf(alarm), { InstanceId: id }, 'ALARM', reason);
    const seen = await lab.trigger(contributor);

    const { incident, cohorts } = AssessmentSchema.parse(seen.assessment);
    expect(incident?.signal).toMatchObject({ kind, servers: [id], source: 'cloudwatch' });
    expect(cohorts).toMatchObject([{ servers: [id], profile }]);
    expect(seen.path).toContain(state);
  });
});
