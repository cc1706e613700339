import { EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failOver } from '../../../../../lambdas/shared/actions/fail-over/fail-over.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { primary, standby, startRoutingLab, type RoutingLab } from '../../../../lab/services/routing-lab.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const allocationId = 'eipalloc-00000000000000500';

describe('fail-over of an address that lies nowhere', () => {
  let lab: RoutingLab;

  beforeEach(async () => {
    lab = await startRoutingLab();
    for (const [name, value] of Object.entries(lab.aws.environment)) vi.stubEnv(name, value);
    lab.aws.ec2.addElasticIp({ allocationId, publicIp: '100.64.5.0' });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await lab.aws.stop();
  });

  const timing = () => ({ nowMs: () => lab.aws.now(), sleep: async (ms: number) => lab.aws.skipTime(ms) });
  const action = () =>
    failOver({ ec2: new EC2Client({}), timing: timing(), listCuts: async () => Promise.resolve([]) });
  const context = {
    incident: buildIncident(),
    cohort: buildCohort({ service: 'orders', servers: [primary] }),
    policy: buildPolicy({
      services: [{ name: 'orders', coreBusiness: true, failOver: { by: 'elastic-ip', allocationId, standby } }],
    }),
  };
  const association = () => lab.aws.ec2.model.addresses.get(allocationId)?.association;
  const cardOf = (server: string) => lab.aws.ec2.model.interfacesOf(server)[0]?.networkInterfaceId;
  const changingCalls = () =>
    lab.aws.gateway.calls
      .filter(({ operation }) => operation.endsWith('Address'))
      .map(({ operation, input }) => ({ operation, input }));

  async function switchOver() {
    const { changes } = await action().plan(context);
    await action().apply(changes, context, letThrough);
    return changes;
  }

  it('associates it with the standby, and undoes that by the association it then has', async () => {
    const changes = await switchOver();
    const given = association();

    const undoings = await action().undo(changes, new Map());

    expect(given?.networkInterfaceId).toBe(cardOf(standby));
    expect(undoings).toMatchObject([{ status: 'undone', reason: 'The former routing is back' }]);
    expect(association()).toBeUndefined();
    expect(changingCalls()).toMatchObject([
      { operation: 'AssociateAddress', input: { AllocationId: allocationId, NetworkInterfaceId: cardOf(standby) } },
      { operation: 'DisassociateAddress', input: { AssociationId: given?.associationId } },
    ]);
  });

  it('frees it once: a second undo calls nothing', async () => {
    const changes = await switchOver();
    await action().undo(changes, new Map());
    const before = changingCalls().length;

    const again = await action().undo(changes, new Map());

    expect(again).toMatchObject([{ status: 'already-undone' }]);
    expect(changingCalls()).toHaveLength(before);
  });

  it('takes it from nobody who got it meanwhile', async () => {
    const changes = await switchOver();
    lab.aws.ec2.addElasticIp({ allocationId, publicIp: '100.64.5.0', networkInterfaceId: cardOf(primary) ?? '' });

    const undoings = await action().undo(changes, new Map());

    expect(undoings).toMatchObject([{ status: 'drifted' }]);
    expect(changingCalls().map(({ operation }) => operation)).toEqual(['AssociateAddress']);
    expect(association()?.networkInterfaceId).toBe(cardOf(primary));
  });
});
