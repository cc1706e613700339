import { rm } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditItem } from '../lambdas/shared/clients/audit-item.ts';
import { readStepKey } from '../lambdas/shared/clients/audit-keys.ts';
import { AuditTable } from '../lambdas/shared/clients/audit-table.ts';
import type { Mode } from '../lambdas/shared/clients/audit-table.ts';
import type { RestoreRequest } from '../lambdas/shared/contracts/restoring.ts';
import { readRecordedEntry } from '../lambdas/shared/recorded-entry.ts';
import { createHostWorld, detectRealHosts } from './hosts/create-host-world.ts';
import type { FrontCount, HostWorld } from './hosts/host-world.ts';
import { labAccountId, labRegion, labVpcId } from './lab-account.ts';
import type { EntrySeen } from './result.ts';
import { scenarioPolicyPath } from './scenario.ts';
import type { ScenarioServer, ScenarioService } from './scenario.ts';
import { ServiceFronts } from './service-fronts.ts';
import { placeServer, readNetwork } from './place-server.ts';
import { startAwsLab } from './services/aws-lab.ts';
import type { AwsLab } from './services/aws-lab.ts';
import { synthesise } from './synthesise.ts';
import type { LabAccount } from './synthesise.ts';
import { loadTemplate } from './template/load-template.ts';
import { deployTemplate } from './template/deploy-template.ts';
import type { Deployment } from './template/deploy-template.ts';
import { startExecution, triggerRespond } from './trigger.ts';
import type { RespondSeen } from './trigger.ts';

export interface LabProps {
  /** Default: real hosts where the machine can hold them, else simulated ones. */
  readonly hosts?: 'real' | 'simulated' | undefined;
  /** Default: the policy of the scenarios. */
  readonly policyPath?: string | undefined;
  /** Progress, a line at a time. Default: nobody listens. */
  readonly tell?: ((line: string) => void) | undefined;
  /** A cloud assembly that was synthesised before for `labAccount`. Default: one is made for this lab. */
  readonly assembly?: string | undefined;
  /** Whether waits take no real time, and `aws.skipTime` lets any other time pass. Default: false. */
  readonly skipsWaits?: boolean | undefined;
  /** Most processes of one function at a time; further requests wait. Default: as many as requests. */
  readonly mostProcesses?: number | undefined;
  /** Whether EC2's documented token buckets are in force. Default: false. */
  readonly throttlesEc2?: boolean | undefined;
}

/** The deployed app with its hosts, ready for events. */
export interface Lab {
  readonly aws: AwsLab;
  readonly deployment: Deployment;
  readonly world: HostWorld;
  /** Why the hosts are what they are. */
  readonly worldReason: string;
  readonly audit: AuditTable;
  /** `NAME=value` lines that lead the AWS tools and the `fuse` command here. */
  readonly variables: readonly string[];
  setMode(mode: Mode): Promise<void>;
  /** Registers a server of a scenario with EC2 and Systems Manager and puts its security groups in force. */
  addServer(server: ScenarioServer): Promise<void>;
  /** Seeds the front of a service of a scenario and connects its clients; its servers must stand already. */
  openService(service: ScenarioService): Promise<void>;
  /** Client connections of a service on each of its servers, once they have dialled again what broke. */
  countClients(serviceName: string): Promise<FrontCount>;
  /** Lets all clients of a service dial anew, and counts them. */
  redialClients(serviceName: string): Promise<FrontCount>;
  /** Delivers an event as AWS would and waits until everything that follows from it is done. */
  trigger(event: unknown): Promise<RespondSeen>;
  /** Starts the deployed restore machine, as an operator would; returns each entry's status. */
  restore(request: RestoreRequest): Promise<string[]>;
  readEntries(incidentId: string): Promise<EntrySeen[]>;
  /** Groups and rules of a server's interfaces; equal text means equal network. */
  networkOf(instanceId: string): string;
  stop(): Promise<void>;
}

export { labAccountId, labRegion, labVpcId } from './lab-account.ts';
export const labAccount: LabAccount = {
  accountId: labAccountId,
  region: labRegion,
  vpcId: labVpcId,
  policyPath: scenarioPolicyPath,
};

/** Builds, synthesises, deploys into the embedded AWS and starts the hosts. */
export async function startLab(props: LabProps = {}): Promise<Lab> {
  const { tell = () => undefined, policyPath = scenarioPolicyPath, assembly } = props;
  if (assembly === undefined) tell('building the functions and synthesising the app');
  const { loaded, folder } =
    assembly === undefined
      ? await synthesise({ ...labAccount, policyPath })
      : { loaded: loadTemplate(assembly), folder: undefined };
  const world = await createHostWorld(props.hosts === undefined ? {} : { force: props.hosts });
  const worldReason = props.hosts === 'simulated' ? 'asked for' : (await detectRealHosts()).reason;
  tell(`deploying into the lab; hosts are ${world.kind} (${worldReason})`);
  let fronts: ServiceFronts | undefined;
  const aws = await startAwsLab({
    accountId: labAccountId,
    region: labRegion,
    skipsWaits: props.skipsWaits,
    mostProcesses: props.mostProcesses,
    throttlesEc2: props.throttlesEc2,
    runCommand: async (instanceId, command) => await world.runCommand(instanceId, command),
    probe: async (order) => await world.probe(order),
    // The call does not wait for the data plane; whoever counts does, and hears of errors.
    onRouteChange: async () => await Promise.resolve(void fronts?.refresh().catch(() => undefined)),
    // A lab server has one real interface, its primary one; the others exist in EC2's model.
    onFirewallChange: async (instanceId, firewall, { deviceIndex }) => {
      if (deviceIndex === 0) await world.applyFirewall(instanceId, firewall);
    },
  });
  aws.ec2.addVpc({ vpcId: labVpcId, cidrBlock: '10.0.0.0/8' });
  fronts = new ServiceFronts(aws, world, labVpcId);
  const deployment = await deployTemplate(loaded, aws);
  return assemble({ aws, deployment, world, worldReason, folder, fronts });
}

interface Parts {
  readonly aws: AwsLab;
  readonly deployment: Deployment;
  readonly world: HostWorld;
  readonly worldReason: string;
  readonly folder: string | undefined;
  readonly fronts: ServiceFronts;
}

function assemble({ aws, deployment, world, worldReason, folder, fronts }: Parts): Lab {
  const audit = new AuditTable(createClient(aws), deployment.outputs['TableName'] ?? '');
  return {
    aws,
    deployment,
    world,
    worldReason,
    audit,
    variables: Object.entries(aws.environment).map(([name, value]) => `${name}=${value}`),
    setMode: async (mode) =>
      await audit.writeMode(mode, { setBy: 'lab', reason: 'scenario', at: new Date().toISOString() }),
    addServer: async (server) => await placeServer(aws, labVpcId, server),
    openService: async (service) => await fronts.open(service),
    countClients: async (name) => await fronts.count(name),
    redialClients: async (name) => await fronts.redial(name),
    trigger: async (event) => await triggerRespond(aws, deployment, event),
    restore: async (request) => await runRestore(aws, deployment, request),
    readEntries: async (incidentId) => toEntries(await audit.readIncident(incidentId)),
    networkOf: (instanceId) => readNetwork(aws, instanceId),
    stop: async () => {
      await fronts.stop();
      await aws.stop();
      await world.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

function createClient({ url, region: place }: AwsLab): DynamoDBClient {
  const credentials = { accessKeyId: 'AKIALABOPERATOR', secretAccessKey: 'lab' };
  return new DynamoDBClient({ endpoint: url, region: place, credentials });
}

async function runRestore(aws: AwsLab, deployment: Deployment, request: RestoreRequest): Promise<string[]> {
  const record = await startExecution(aws, deployment.outputs['RestoreStateMachineArn'] ?? '', request);
  await aws.whenIdle();
  const closed = aws.events.events.findLast(
    ({ event }) => event['detail-type'] === 'Restore closed' && event.detail['executionId'] === record.arn,
  );
  const results = (closed?.event.detail['results'] ?? []) as readonly { readonly status: string }[];
  return record.status === 'SUCCEEDED' ? results.map(({ status }) => status) : ['failed'];
}

/**
 * Every action on every cohort as restore reads it: where two tries closed an entry differently, the worse word counts.
 * An entry that was never closed shows its last step.
 */
function toEntries(items: readonly AuditItem[]): EntrySeen[] {
  const byEntry = Map.groupBy(
    items.filter(({ sk }) => readStepKey(sk) !== null),
    ({ sk }) => sk.split('#').slice(0, 3).join('#'),
  );
  return [...byEntry.values()].flatMap((steps) => {
    const last = steps.at(-1);
    const key = last === undefined ? null : readStepKey(last.sk);
    if (last === undefined || key === null) return [];
    const status = readRecordedEntry(steps).outcome?.status ?? key.step.replace(/^\d+-/, '');
    return [{ action: key.action, cohortId: key.cohortId, status, at: String(last['at']) }];
  });
}
