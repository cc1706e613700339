import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import { createHostWorld } from '../hosts/create-host-world.ts';
import type { HostWorld } from '../hosts/host-world.ts';
import { labAccountId, labRegion, labVpcId } from '../lab.ts';
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
  /** From now on these hosts run what they are sent and lose their agent before it can answer; none ends it. */
  silenceHosts(instanceIds: readonly string[]): void;
  stop(): Promise<void>;
}

/** Systems Manager's delivery time-out of 30 s lasts this much less; the functions' clock skips along. */
const scheduleSpeed = 100;

/**
 * Deploys a template that was synthesised before and starts one process of each function. `mostProcesses` keeps a storm
 * from starting a process for every finding.
 */
export async function startFaultLab(
  loaded: LoadedTemplate,
  options: { readonly mostProcesses?: number } = {},
): Promise<FaultLab> {
  const world = await createHostWorld({ force: 'simulated' });
  let silent: readonly string[] = [];
  const aws = await startAwsLab({
    accountId: labAccountId,
    region: labRegion,
    skipsWaits: true,
    mostProcesses: options.mostProcesses,
    retryDelayMs: () => 1,
    schedule: (delayMs, run) => void setTimeout(run, delayMs / scheduleSpeed).unref(),
    runCommand: async (instanceId, command) => {
      const result = await world.runCommand(instanceId, command);
      if (silent.includes(instanceId)) throw new Error('The agent was lost before it could answer');
      return result;
    },
    onFirewallChange: async (instanceId, firewall, { deviceIndex }) => {
      if (deviceIndex === 0) await world.applyFirewall(instanceId, firewall);
    },
  });
  aws.ec2.addVpc({ vpcId: labVpcId, cidrBlock: '10.0.0.0/8' });
  const deployment = await deployTemplate(loaded, aws);
  await aws.lambda.prewarm();
  const client = new DynamoDBClient({
    endpoint: aws.url,
    region: labRegion,
    credentials: { accessKeyId: 'AKIALABOPERATOR', secretAccessKey: 'lab' },
  });
  return {
    aws,
    deployment,
    world,
    audit: new AuditTable(client, deployment.outputs['TableName'] ?? ''),
    silenceHosts: (instanceIds) => void (silent = instanceIds),
    stop: async () => {
      client.destroy();
      await aws.stop();
      await world.stop();
    },
  };
}
