import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import { ReviewRegister } from '../../lambdas/shared/reviews/review-register.ts';
import { createHostWorld } from '../hosts/create-host-world.ts';
import type { HostWorld } from '../hosts/host-world.ts';
import { labAccountId, labRegion, labVpcId } from '../lab.ts';
import { PlayFronts } from './play-fronts.ts';
import { startAwsLab } from '../services/aws-lab.ts';
import type { AwsLab } from '../services/aws-lab.ts';
import { deployTemplate } from '../template/deploy-template.ts';
import type { Deployment } from '../template/deploy-template.ts';
import type { LoadedTemplate } from '../template/template.ts';

/** The deployed app on simulated hosts, on a clock that skips waits. */
export interface FaultLab {
  readonly aws: AwsLab;
  readonly deployment: Deployment;
  readonly world: HostWorld;
  readonly audit: AuditTable;
  readonly reviews: ReviewRegister;
  /** What stands between the clients of a scenario's services and its servers. */
  readonly fronts: PlayFronts;
  /** From now on these hosts run what they are sent and lose their agent before it can answer; none ends it. */
  silenceHosts(instanceIds: readonly string[]): void;
  /** From now on these hosts need longer for a script than anybody waits: they are done once it is cancelled. */
  slowHosts(instanceIds: readonly string[]): void;
  stop(): Promise<void>;
}

/** Systems Manager's delivery time-out of 30 s lasts this much less; the functions' clock skips along. */
const scheduleSpeed = 100;

/**
 * Drains, propagations and fail-overs come due so much sooner: a function looks every two seconds for two minutes, and each
 * look is a place to strike at. That they outlast a try of ours is shown by tests of the action on the lab's services.
 */
export const routingHaste = 10;

export interface FaultLabProps {
  /** Keeps a storm from starting a process for every finding. */
  readonly mostProcesses?: number;
  /** Whether EC2's documented token buckets are in force; then waits take their real time, for buckets fill by it. */
  readonly throttlesEc2?: boolean;
}

/** Deploys a template that was synthesised before and starts one process of each function. */
export async function startFaultLab(
  loaded: LoadedTemplate,
  { mostProcesses, throttlesEc2 = false }: FaultLabProps = {},
): Promise<FaultLab> {
  const world = await createHostWorld({ force: 'simulated' });
  let silent: readonly string[] = [];
  let slow: readonly string[] = [];
  const aws: AwsLab = await startAwsLab({
    accountId: labAccountId,
    region: labRegion,
    skipsWaits: !throttlesEc2,
    haste: routingHaste,
    throttlesEc2,
    mostProcesses,
    retryDelayMs: () => 1,
    schedule: (delayMs, run) => void setTimeout(run, delayMs / scheduleSpeed).unref(),
    runCommand: async (instanceId, command) => {
      const result = await world.runCommand(instanceId, command);
      if (slow.includes(instanceId)) await untilCancelled(aws);
      if (silent.includes(instanceId)) throw new Error('The agent was lost before it could answer');
      return result;
    },
    probe: async (order) => await world.probe(order),
    onFirewallChange: async (instanceId, firewall, { deviceIndex }) => {
      if (deviceIndex === 0) await world.applyFirewall(instanceId, firewall);
    },
  });
  aws.ec2.addVpc({ vpcId: labVpcId, cidrBlock: '10.0.0.0/8' });
  addNeighbours(aws);
  const deployment = await deployTemplate(loaded, aws);
  await aws.lambda.prewarm();
  const client = new DynamoDBClient({
    endpoint: aws.url,
    region: labRegion,
    credentials: { accessKeyId: 'AKIALABOPERATOR', secretAccessKey: 'lab' },
  });
  const fronts = new PlayFronts(aws, world);
  return {
    aws,
    deployment,
    world,
    fronts,
    audit: new AuditTable(client, deployment.outputs['TableName'] ?? ''),
    reviews: new ReviewRegister(client, deployment.outputs['TableName'] ?? ''),
    silenceHosts: (instanceIds) => void (silent = instanceIds),
    slowHosts: (instanceIds) => void (slow = instanceIds),
    stop: async () => {
      client.destroy();
      await fronts.stop();
      await aws.stop();
      await world.stop();
    },
  };
}

/** Between two looks whether somebody cancelled, and how many there are: who was killed never does. */
const [lookEveryMs, mostLooks] = [20, 250];

async function untilCancelled({ gateway }: AwsLab): Promise<void> {
  const countCancels = (): number => gateway.calls.filter(({ operation }) => operation === 'CancelCommand').length;
  const before = countCancels();
  for (let look = 0; look < mostLooks && countCancels() === before; look += 1) await sleep(lookEveryMs);
}

/** The way of the agent behind a network ACL of its own, and a subnet of others that can deny what spreads. */
function addNeighbours({ ec2 }: AwsLab): void {
  const all = {
    ruleNumber: 20_000,
    action: 'allow',
    protocol: '-1',
    fromPort: -1,
    toPort: -1,
    cidr: '0.0.0.0/0',
  } as const;
  const networkAclId = ec2.addNetworkAcl({
    vpcId: labVpcId,
    entries: [false, true].map((egress) => ({ ...all, egress })),
  });
  const [agent, others] = ['subnet-0fab000000000a9e7', 'subnet-0fab000000000e110'];
  ec2.addSubnet({ subnetId: agent, vpcId: labVpcId, cidrBlock: '10.0.255.0/24', networkAclId });
  ec2.addSubnet({ subnetId: others, vpcId: labVpcId, cidrBlock: '10.0.254.0/24' });
}
