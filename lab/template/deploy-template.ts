import * as z from 'zod/mini';
import { toAccessKeyId } from '../lambda-runtime/function-environment.ts';
import type { AwsLab } from '../services/aws-lab.ts';
import { LabSetupError } from '../services/setup-error.ts';
import { checkAwaiting } from './check-awaiting.ts';
import { toAlarmSeed } from './deploy-alarms.ts';
import { toAssociation } from './deploy-associations.ts';
import { toFunctionSpec } from './deploy-functions.ts';
import { toRuleSeed } from './deploy-rules.ts';
import { toNetworkAclEntry, toNetworkAclSeed } from './deploy-network-acls.ts';
import { toLooseRule, toSecurityGroupSeed } from './deploy-security-groups.ts';
import { toStateMachineSeed } from './deploy-state-machines.ts';
import { toTableSeed } from './deploy-tables.ts';
import { inertTypes } from './inert-types.ts';
import { Resolver } from './resolve.ts';
import { inert, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';
import { findRole, readRolePolicies } from './role-policies.ts';
import type { RolePolicies } from './role-policies.ts';
import type { LoadedTemplate } from './template.ts';

/** What the deployment of a template writes into; an AwsLab is one. */
export type DeploymentTarget = Pick<
  AwsLab,
  | 'accountId'
  | 'region'
  | 'ec2'
  | 'ssm'
  | 'dynamodb'
  | 'events'
  | 'stepFunctions'
  | 'sqs'
  | 'sns'
  | 'cloudWatch'
  | 'cloudFormation'
  | 'lambda'
>;

/** A deployed stack. */
export interface Deployment {
  readonly stackName: string;
  /** Values by the outputs' logical ids. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What `Ref` answers for a resource. */
  physicalIdOf(logicalId: string): string;
  /** Logical ids of the resources of a type that were deployed. */
  logicalIdsOf(type: string): readonly string[];
  /** The logical id of the function that signed a recorded call, or undefined for other callers. */
  functionOf(caller: string): string | undefined;
  /** What the role of a function or a state machine may do. */
  rolePolicies(logicalId: string): RolePolicies;
}

type Deploy = (
  resource: ResolvedResource,
  target: DeploymentTarget,
  loaded: LoadedTemplate,
  readPolicies: () => RolePolicies,
) => Promise<void> | void;

/** How each type is deployed, in the order of deployment: what others name comes first. */
const deployments: Readonly<Record<string, Deploy>> = {
  'AWS::SQS::Queue': (resource, { sqs }) => {
    readProperties(queueSchema, resource);
    sqs.addQueue(resource.identity.attributes.QueueName ?? '');
  },
  'AWS::SNS::Topic': (resource, { sns }) => {
    readProperties(topicSchema, resource);
    sns.addTopic(resource.identity.ref);
  },
  'AWS::Events::EventBus': (resource, { events }) => events.addBus(resource.identity.ref),
  'AWS::DynamoDB::Table': async (resource, { dynamodb }) => await dynamodb.addTable(toTableSeed(resource)),
  'AWS::DynamoDB::GlobalTable': async (resource, { dynamodb }) => await dynamodb.addTable(toTableSeed(resource)),
  'AWS::SSM::Document': (resource, { ssm }) => {
    ssm.addDocument(resource.identity.ref, readProperties(documentSchema, resource).Content);
  },
  'AWS::SSM::Association': (resource, { ssm }) => ssm.addAssociation(toAssociation(resource)),
  'AWS::EC2::SecurityGroup': (resource, { ec2 }) => void ec2.addSecurityGroup(toSecurityGroupSeed(resource)),
  'AWS::EC2::SecurityGroupIngress': addLooseRule,
  'AWS::EC2::SecurityGroupEgress': addLooseRule,
  'AWS::EC2::NetworkAcl': (resource, { ec2 }) => void ec2.addNetworkAcl(toNetworkAclSeed(resource)),
  'AWS::EC2::NetworkAclEntry': (resource, { ec2 }) => {
    const { networkAclId, entry } = toNetworkAclEntry(resource);
    ec2.addNetworkAclEntry(networkAclId, entry);
  },
  'AWS::Lambda::Function': async (resource, { lambda }, loaded) =>
    await lambda.addFunction(toFunctionSpec(resource, loaded)),
  'AWS::StepFunctions::StateMachine': (resource, { stepFunctions }, loaded, readPolicies) => {
    const seed = toStateMachineSeed(resource, loaded);
    checkAwaiting(seed, readPolicies);
    stepFunctions.addStateMachine(seed);
  },
  'AWS::CloudWatch::Alarm': (resource, { cloudWatch }) => cloudWatch.addAlarm(toAlarmSeed(resource)),
  'AWS::Events::Rule': (resource, { events }) => events.addRule(toRuleSeed(resource)),
};

const queueSchema = z.strictObject({
  QueueName: inert,
  MessageRetentionPeriod: inert,
  VisibilityTimeout: inert,
  KmsMasterKeyId: inert,
  KmsDataKeyReusePeriodSeconds: inert,
  SqsManagedSseEnabled: inert,
  Tags: inert,
});

const topicSchema = z.strictObject({
  TopicName: inert,
  DisplayName: inert,
  KmsMasterKeyId: inert,
  TracingConfig: inert,
  Tags: inert,
});

const documentSchema = z.strictObject({
  Content: z.union([z.string(), z.record(z.string(), z.unknown())]),
  DocumentType: z.literal('Command'),
  DocumentFormat: z.optional(z.literal('JSON')),
  TargetType: inert,
  UpdateMethod: inert,
  VersionName: inert,
  Name: inert,
  Tags: inert,
});

/**
 * Creates in the lab what the template would create in an account. VPCs the template names must be there already. A
 * type, property or intrinsic function the lab does not know stops the deployment and is named.
 */
export async function deployTemplate(loaded: LoadedTemplate, target: DeploymentTarget): Promise<Deployment> {
  const { accountId, region, sqs } = target;
  const { stackName, template } = loaded;
  const place = { accountId, region, partition: 'aws', stackName, queueUrlOf: (name: string) => sqs.urlOf(name) };
  const resolver = new Resolver({ ...place, template });
  refuseUnknownTypes(loaded);
  for (const [type, deploy] of Object.entries(deployments)) {
    for (const resource of resolveAll(loaded, resolver, type)) {
      const { logicalId } = resource;
      await deploy(resource, target, loaded, () => readRolePolicies(template, resolver, findRole(template, logicalId)));
    }
  }
  const outputs = resolveOutputs(loaded, resolver);
  target.cloudFormation.addStack({
    stackName,
    stackId: resolver.stackId,
    description: template.Description,
    outputs: Object.entries(outputs).map(([key, value]) => ({
      key,
      value,
      description: template.Outputs?.[key]?.Description,
    })),
  });
  return toDeployment(loaded, resolver, outputs);
}

/** Groups are all there by now, so the order of rules does not matter. */
function addLooseRule(resource: ResolvedResource, { ec2 }: DeploymentTarget): void {
  const { groupId, direction, rule } = toLooseRule(resource);
  ec2.addRule(groupId, rule, direction);
}

/** Before anything is deployed: a stack stands whole or not at all. */
function refuseUnknownTypes({ template }: LoadedTemplate): void {
  const stray = Object.entries(template.Resources).find(
    ([, { Type }]) => !Object.hasOwn(deployments, Type) && !inertTypes.has(Type),
  );
  if (stray === undefined) return;
  throw new LabSetupError(`Could not deploy '${stray[0]}': the lab does not know resource type '${stray[1].Type}'`);
}

/** All resources of a type whose condition holds, in the order of the template. */
function resolveAll({ template }: LoadedTemplate, resolver: Resolver, type: string): readonly ResolvedResource[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type && resolver.holds(resource.Condition))
    .map(([logicalId, { Properties }]) => ({
      logicalId,
      type,
      properties: resolver.resolve(Properties ?? {}) as Readonly<Record<string, unknown>>,
      identity: resolver.identityOf(logicalId),
    }));
}

function resolveOutputs({ template }: LoadedTemplate, resolver: Resolver): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(template.Outputs ?? {})
      .filter(([, { Condition }]) => resolver.holds(Condition))
      .map(([key, { Value }]) => [key, String(resolver.resolve(Value))]),
  );
}

function toDeployment(
  { stackName, template }: LoadedTemplate,
  resolver: Resolver,
  outputs: Deployment['outputs'],
): Deployment {
  const logicalIdsOf = (type: string): readonly string[] =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type && resolver.holds(resource.Condition))
      .map(([logicalId]) => logicalId);
  const physicalIdOf = (logicalId: string): string => resolver.identityOf(logicalId).ref;
  const functions = new Map(
    logicalIdsOf('AWS::Lambda::Function').map((logicalId) => [toAccessKeyId(physicalIdOf(logicalId)), logicalId]),
  );
  return {
    stackName,
    outputs,
    physicalIdOf,
    logicalIdsOf,
    functionOf: (caller) => functions.get(caller),
    rolePolicies: (logicalId) => readRolePolicies(template, resolver, findRole(template, logicalId)),
  };
}
