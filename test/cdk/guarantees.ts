import { cuttingCalls } from '../../cdk/constructs/denials.ts';
import { functionRolesOf, rolesOf, type Statement } from './policies.ts';
import { resourcesOf, type CloudFormationTemplate, type Json } from './synthesise.ts';

/** A promise about the whole template. Answers where it is broken; nothing when it holds. */
export type Guarantee = (template: CloudFormationTemplate) => string[];

/** The resources of one type of which something is not true. */
function where(type: string, isBroken: (properties: Json, template: CloudFormationTemplate) => boolean): Guarantee {
  return (template) =>
    resourcesOf(template, type)
      .filter(({ Properties }) => isBroken(Properties, template))
      .map(({ id }) => id);
}

const removed: Guarantee = (template) =>
  ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup']
    .flatMap((type) => resourcesOf(template, type))
    .filter(({ DeletionPolicy }) => DeletionPolicy !== 'Retain')
    .map(({ id }) => id);

const targets = (rule: Json): Json[] => rule.Targets;
const isSignalTarget = (target: Json): boolean => JSON.stringify(target.Arn).includes('RespondStateMachine');

/** Calls that only read or report. */
const isReading = (action: string): boolean => /^(xray|logs):|:(Describe|Get|List|Query)/.test(action);

/** It stops a command and starts none; IAM knows no resource for it. */
const isHarmless = (action: string): boolean => isReading(action) || action === 'ssm:CancelCommand';

function statementsThat(isBroken: (statement: Statement) => boolean): Guarantee {
  return (template) =>
    [...rolesOf(template)].filter(([, statements]) => statements.some(isBroken)).map(([name]) => name);
}

/** Function roles that are not denied all of these calls on everything, under this condition. */
function notDenied(calls: readonly string[], condition: Json, exempt: readonly string[] = []): Guarantee {
  return (template) =>
    [...functionRolesOf(template)]
      .filter(([name]) => !exempt.includes(name))
      .filter(([, statements]) => !statements.some((statement) => denies(statement, calls, condition)))
      .map(([name]) => name);
}

function denies({ Effect, Action, Condition }: Statement, calls: readonly string[], condition: Json): boolean {
  const isSame = JSON.stringify(Condition) === JSON.stringify(condition);
  return Effect === 'Deny' && isSame && calls.every((call) => Action.includes(call));
}

const lifelineTagged = { Null: { 'aws:ResourceTag/connection-fuse:lifeline': 'false' } };

function isLimitedToKeepingAlive({ Effect, Action, NotResource = [], Condition }: Statement): boolean {
  const documents = NotResource.filter((resource) => resource.includes(':document/'));
  return (
    Effect === 'Deny' &&
    Condition === undefined &&
    Action.includes('ssm:SendCommand') &&
    documents.length === 1 &&
    documents.every((resource) => resource.endsWith('<HostDocumentsHoldTime>')) &&
    NotResource.length === 2
  );
}

/** Opening calls: what was cut is put back by them, and what was closed is opened. */
const isOpening = (action: string): boolean => /Authorize|DeleteNetworkAclEntry|DeleteItem/.test(action);

/** What the whole template promises, each in words. */
export const guarantees = {
  'every function runs on Node 24, arm64, traced, with a time limit and a log of its own': where(
    'AWS::Lambda::Function',
    ({ Runtime, Architectures, TracingConfig, Timeout, LoggingConfig }) =>
      Runtime !== 'nodejs24.x' ||
      Architectures?.[0] !== 'arm64' ||
      TracingConfig?.Mode !== 'Active' ||
      !(Timeout > 3) ||
      LoggingConfig?.LogGroup === undefined,
  ),
  'every log group says how long it keeps': where('AWS::Logs::LogGroup', ({ RetentionInDays }) => !RetentionInDays),
  'what holds evidence outlives the stack': removed,
  'the audit table is protected, recoverable and encrypted with a key of its own': where(
    'AWS::DynamoDB::GlobalTable',
    ({ SSESpecification, Replicas }) =>
      SSESpecification?.SSEType !== 'KMS' ||
      Replicas.some(
        (replica: Json) =>
          replica.DeletionProtectionEnabled !== true ||
          replica.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled !== true ||
          replica.SSESpecification?.KMSMasterKeyId === undefined,
      ),
  ),
  'every key rotates': where('AWS::KMS::Key', ({ EnableKeyRotation }) => EnableKeyRotation !== true),
  'the bus is encrypted and has a dead-letter queue': where(
    'AWS::Events::EventBus',
    ({ KmsKeyIdentifier, DeadLetterConfig }) => !KmsKeyIdentifier || !DeadLetterConfig,
  ),
  'the topic is encrypted': where('AWS::SNS::Topic', ({ KmsMasterKeyId }) => !KmsMasterKeyId),
  'the queue is encrypted and keeps 14 days': where(
    'AWS::SQS::Queue',
    ({ SqsManagedSseEnabled, MessageRetentionPeriod }) =>
      SqsManagedSseEnabled !== true || MessageRetentionPeriod !== 14 * 24 * 3600,
  ),
  'no signal is delivered later than two minutes after it happened': where('AWS::Events::Rule', (rule) =>
    targets(rule).some((target) => isSignalTarget(target) && !(target.RetryPolicy?.MaximumEventAgeInSeconds <= 120)),
  ),
  'every signal that is not delivered becomes a dead letter': where('AWS::Events::Rule', (rule) =>
    targets(rule).some((target) => isSignalTarget(target) && target.DeadLetterConfig === undefined),
  ),
  'only events of this account are signals': where(
    'AWS::Events::Rule',
    (rule) => targets(rule).some(isSignalTarget) && rule.EventPattern.account?.length !== 1,
  ),
  'state machines are Standard, traced, and log every step without its data': where(
    'AWS::StepFunctions::StateMachine',
    ({ StateMachineType, TracingConfiguration, LoggingConfiguration }) =>
      StateMachineType !== 'STANDARD' ||
      TracingConfiguration?.Enabled !== true ||
      LoggingConfiguration?.Level !== 'ALL' ||
      LoggingConfiguration.IncludeExecutionData !== false,
  ),
  'no role carries a managed policy': where(
    'AWS::IAM::Role',
    ({ ManagedPolicyArns }) => ManagedPolicyArns !== undefined,
  ),
  'no role may change every resource of a kind without a condition or a deny': statementsThat(
    ({ Effect, Action, Resource, Condition }) =>
      Effect === 'Allow' &&
      Condition === undefined &&
      Resource.includes('*') &&
      Action.some((action) => !isHarmless(action)),
  ),
  'no role may call a whole family of actions': statementsThat(
    ({ Effect, Action }) => Effect === 'Allow' && Action.some((action) => /^\*|:\*$/.test(action)),
  ),
  'no role that cuts may touch what carries the lifeline tag': notDenied(cuttingCalls, lifelineTagged, [
    'Restore',
    'HoldOpen',
  ]),
  'the role that keeps lifelines alive may cut none of them': notDenied(
    cuttingCalls.filter((call) => call !== 'ssm:SendCommand'),
    lifelineTagged,
    ['Restore'],
  ),
  'the role that keeps lifelines alive may run one document and no other': (template) =>
    [...functionRolesOf(template)]
      .filter(([name]) => name === 'HoldOpen')
      .filter(([, statements]) => !statements.some(isLimitedToKeepingAlive))
      .map(([name]) => name),
  'no role may take a tag away': notDenied(['ec2:DeleteTags'], undefined),
  'no role that cuts may write a tag': notDenied(['ec2:CreateTags'], undefined, ['Restore']),
  'no role but the counting one may update an item': notDenied(['dynamodb:UpdateItem'], undefined, ['Assess']),
  'no role may rewrite the audit': notDenied(
    ['dynamodb:BatchWriteItem', 'dynamodb:PartiQLUpdate', 'dynamodb:PartiQLDelete'],
    undefined,
  ),
  'no role but restore may delete from the audit': notDenied(['dynamodb:DeleteItem'], undefined, ['Restore']),
  'no role but restore may open anything': (template) =>
    [...functionRolesOf(template)]
      .filter(([name]) => name !== 'Restore')
      .filter(([, statements]) => statements.some(({ Effect, Action }) => Effect === 'Allow' && Action.some(isOpening)))
      .map(([name]) => name),
  'no role may run a command document but by its name': statementsThat(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      Action.includes('ssm:SendCommand') &&
      Resource.some((resource) => /document\/.*\*|^\*$/.test(resource)),
  ),
  'no security group of the fuse is open to everywhere, or left to the default egress': where(
    'AWS::EC2::SecurityGroup',
    ({ SecurityGroupIngress = [], SecurityGroupEgress = [] }) =>
      SecurityGroupEgress.length === 0 ||
      [...SecurityGroupIngress, ...SecurityGroupEgress].some(({ CidrIp, CidrIpv6 }: Json) =>
        (CidrIp ?? CidrIpv6 ?? '/0').endsWith('/0'),
      ),
  ),
} satisfies Record<string, Guarantee>;
