import type { Lab } from '../../../lab/lab.ts';
import { labVpcId } from '../../../lab/lab.ts';
import { raiseServer } from '../../../lab/play.ts';
import { readScenarios } from '../../../lab/scenario.ts';
import type { ScenarioServer, ScenarioService } from '../../../lab/scenario.ts';
import { toServiceIds } from '../../../lab/service-ids.ts';
import { tagKeys } from '../../../lambdas/shared/tags.ts';
import { openDesk } from '../../acceptance/desk.ts';
import { watchCalls } from './play-everything.ts';
import type { Everything } from './play-everything.ts';

/** The service of a scenario whose standby is dead. */
const [service] = readScenarios()
  .flatMap(({ services = [] }) => services)
  .filter(({ standbyListens }) => !standbyListens) as [ScenarioService];
/** The service of a scenario that an Elastic IP address leads to. */
const [addressed] = readScenarios()
  .flatMap(({ services = [] }) => services)
  .filter(({ front }) => front === 'elastic-ip') as [ScenarioService];
const { listenerArn: listener, standbyTargetGroupArn } = toServiceIds(service);

/** What the scenarios' policy does not say: a subnet may be closed as a whole, and core business is cut without a standby. */
const policy = {
  version: 1,
  agentPath: { cidrs: ['10.0.255.0/28'] },
  fleet: { networkMeans: 'subnets' },
  services: [
    {
      name: service.name,
      coreBusiness: true,
      withoutStandby: 'cut',
      failOver: { by: 'target-group-weights', listener, standby: standbyTargetGroupArn },
    },
    {
      name: addressed.name,
      coreBusiness: true,
      failOver: { by: 'elastic-ip', allocationId: toServiceIds(addressed).allocationId, standby: addressed.standby },
    },
  ],
};

/** Adds the calls of that policy. Its roles are those of the scenarios', for ids follow from the names in the stack. */
export async function playApart(everything: Everything): Promise<void> {
  const desk = await openDesk(policy);
  const { lab } = desk;
  watchCalls(lab, everything);
  await cutWithoutStandby(lab, everything);
  await cutAtSubnets(lab, everything);
  await moveFreeAddress(lab, everything);
  lab.aws.gateway.setIntercept(undefined);
  await desk.stop();
}

const peer = { direction: 'in', golden: false, allowed: 'anyone', connections: 1 } as const;

function toServer(id: string, address: string, tags: Readonly<Record<string, string>>): ScenarioServer {
  const peers = [{ ...peer, name: 'customers', address: '198.51.100.90', port: 8080 }];
  // What the profile stops and holds on a medical server is there.
  const services = [{ name: 'MSSQLSERVER', active: true }];
  const tasks = [{ name: 'DataSync', active: true }];
  const clock = { offsetMs: 0, holds: true };
  const machine = { platform: 'Windows', services, tasks, clock } as const;
  return { id, address, tags: { ...tags }, interfaces: 1, peers, machine };
}

/**
 * A threat cuts a server whole, and so does a red line, by its profile, where the policy names no port of the devices: nobody could take over, and the policy does not want to ask.
 * When the standby listens again, the next threat finds it, and the way back leads from it.
 */
async function cutWithoutStandby(lab: Lab, { restored }: Everything): Promise<void> {
  const { primary, standby, port } = service;
  const other = 'i-0c000000000000011';
  const tags = { [tagKeys.service]: service.name, [tagKeys.profile]: 'medical' };
  for (const [index, id] of [primary, standby, other].entries()) {
    await raiseServer(lab, toServer(id, `10.0.91.${index + 1}`, tags));
  }
  await lab.openService(service);
  restored.push(...(await tripAndRestore(lab, { kind: 'other-threat', servers: [primary] })));
  restored.push(...(await tripAndRestore(lab, { kind: 'unauthorised-access', servers: [other] })));
  await lab.world.setListening(standby, port, true);
  await lab.aws.skipTime(untilHealthyMs);
  restored.push(...(await tripAndRestore(lab, { kind: 'command-and-control', servers: [other] })));
}

/** A target that failed has to pass its checks for so long. */
const untilHealthyMs = 60_000;

/** The subnet of one server is closed whole; another server has neighbours, and other subnets deny its address. */
async function cutAtSubnets(lab: Lab, { restored }: Everything): Promise<void> {
  // Denies are made where they cannot cut the agent's way, so that way has to be in the VPC, behind an ACL of its own.
  const open = { protocol: '-1', cidr: '0.0.0.0/0', action: 'allow', ruleNumber: 20_000 } as const;
  const everyPort = { fromPort: -1, toPort: -1 };
  const networkAclId = lab.aws.ec2.addNetworkAcl({
    vpcId: labVpcId,
    entries: [false, true].map((egress) => ({ ...open, ...everyPort, egress })),
  });
  const cidrBlock = '10.0.255.0/24';
  lab.aws.ec2.addSubnet({ subnetId: 'subnet-0c0000000000000ff', vpcId: labVpcId, cidrBlock, networkAclId });
  const [alone, neighbour] = ['i-0c000000000000013', 'i-0c000000000000014'];
  await raiseServer(lab, toServer(alone, '10.0.92.1', {}));
  await raiseServer(lab, toServer(neighbour, '10.0.91.4', {}));
  for (const id of [alone, neighbour]) {
    restored.push(...(await tripAndRestore(lab, { kind: 'lateral-movement', servers: [id] })));
  }
}

/** An address that lay nowhere goes to the standby, and back to nowhere. */
async function moveFreeAddress(lab: Lab, { restored }: Everything): Promise<void> {
  const { primary, standby } = addressed;
  for (const [index, id] of [primary, standby].entries()) {
    await raiseServer(lab, toServer(id, `10.0.93.${index + 1}`, { [tagKeys.service]: addressed.name }));
  }
  const { allocationId, address: publicIp } = toServiceIds(addressed);
  lab.aws.ec2.addElasticIp({ allocationId, publicIp });
  restored.push(...(await tripAndRestore(lab, { kind: 'other-threat', servers: [primary] })));
}

async function tripAndRestore(lab: Lab, start: object): Promise<string[]> {
  const asking = { requestedBy: 'desk', reason: 'a drill' };
  const { assessment } = await lab.trigger({ ...asking, requestId: 'apart', ...start, fuse: 'trip' });
  const { incident } = assessment as { readonly incident: { readonly id: string } };
  // A way back may not race a cut that is under way.
  await lab.aws.skipTime(15 * 60_000);
  return await lab.restore({ ...asking, incidentId: incident.id });
}
