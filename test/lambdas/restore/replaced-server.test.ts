import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alpha, beta, CutWorld, incidentIdOf } from '../../builders/cut-world.ts';
import { addServer } from '../../lab/services/ec2/ec2-lab.ts';

const replacement = 'i-0000000000000000c';

describe('a server that is terminated and replaced', () => {
  let world: CutWorld;
  beforeEach(async () => {
    world = await CutWorld.start();
  });
  afterEach(async () => world.lab.gateway.stop());

  /** As a scaling group does: another server under the same groups and address, the old one is a name only. */
  function replace(): void {
    const { ec2 } = world.lab;
    const old = ec2.model.instances.get(alpha);
    if (old !== undefined) old.state = 'terminated';
    for (const { networkInterfaceId } of ec2.model.interfacesOf(alpha)) {
      ec2.model.networkInterfaces.delete(networkInterfaceId);
    }
    addServer(ec2, [world.groups.web], replacement, '10.0.0.10');
  }

  const changing = () => world.lab.gateway.calls.filter(({ operation }) => operation.startsWith('Modify'));

  it('before the cut: there is nothing to cut, and its replacement is not cut in its place', async () => {
    replace();

    const outcome = await world.cut('late', { servers: [alpha] });

    expect(changing()).toEqual([]);
    expect(world.groupsOf(replacement)).toEqual([world.groups.web]);
    expect(outcome).toMatchObject({ status: 'unchanged', counts: { failed: 0, refused: 0 } });
    expect(outcome.remarks).toContainEqual({ target: alpha, reason: 'Server is terminated: nothing to cut' });
  });

  it('beside one that is cut: the other is contained all the same', async () => {
    replace();

    const outcome = await world.cut('late', { servers: [alpha, beta] });

    expect(outcome.status).toBe('verified');
    expect(world.groupsOf(beta)).toEqual([world.groups.quarantine]);
    expect(world.groupsOf(replacement)).toEqual([world.groups.web]);
  });

  it('between cut and restore: nothing is put back on its replacement', async () => {
    await world.cut('early', { servers: [alpha] });
    replace();

    const results = await world.restore({ incidentId: incidentIdOf('early') });

    expect(results.map(({ status }) => status)).toEqual(['irreversible']);
    expect(world.groupsOf(replacement)).toEqual([world.groups.web]);
    expect(await world.table.audit.listCuts()).toEqual([]);
  });
});
