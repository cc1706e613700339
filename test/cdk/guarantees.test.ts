import { describe, expect, it } from 'vitest';
import { guarantees } from './guarantees.ts';
import { account, anywhere, resourcesOf, synthesise, type CloudFormationTemplate, type Json } from './synthesise.ts';

type Name = keyof typeof guarantees;

const template = synthesise({ account });
const templateAnywhere = synthesise({ account: anywhere });

/** Spoils the properties of the first resource of a type. */
function spoil(type: string, change: (properties: Json) => void): (copy: CloudFormationTemplate) => void {
  return (copy) => change(resourcesOf(copy, type)[0]?.Properties);
}

/** Adds a statement to the role of the network cut. */
function allow(action: string, resource = 'arn:aws:x:::y'): (copy: CloudFormationTemplate) => void {
  return (copy) => policyOfCut(copy).push({ Effect: 'Allow', Action: action, Resource: resource });
}

/** Takes the first denial of this action from a role. Default: that of the network cut. */
function dropDeny(action: string, owner?: string): (copy: CloudFormationTemplate) => void {
  return (copy) => {
    const statements = policyOfCut(copy, owner);
    const index = statements.findIndex(({ Effect, Action }) => Effect === 'Deny' && [Action].flat().includes(action));
    statements.splice(index, 1);
  };
}

function policyOfCut(copy: CloudFormationTemplate, owner = 'RevokeSecurityGroups'): Json[] {
  const policies = resourcesOf(copy, 'AWS::IAM::Policy');
  return policies.find(({ id }) => id.includes(owner))?.Properties.PolicyDocument.Statement;
}

/** How each guarantee is broken, so that every one is seen to notice. */
const faults: Record<Name, (copy: CloudFormationTemplate) => void> = {
  'every function runs on Node 24, arm64, traced, with a time limit and a log of its own': spoil(
    'AWS::Lambda::Function',
    (properties) => (properties.Runtime = 'nodejs22.x'),
  ),
  'every log group says how long it keeps': spoil('AWS::Logs::LogGroup', (group) => delete group.RetentionInDays),
  'what holds evidence outlives the stack': (copy) => {
    const [table] = resourcesOf(copy, 'AWS::DynamoDB::GlobalTable');
    copy.Resources[String(table?.id)] = { Type: String(table?.Type), Properties: table?.Properties };
  },
  'the audit table is protected, recoverable and encrypted with a key of its own': spoil(
    'AWS::DynamoDB::GlobalTable',
    (table) => (table.Replicas[0].DeletionProtectionEnabled = false),
  ),
  'every key rotates': spoil('AWS::KMS::Key', (key) => (key.EnableKeyRotation = false)),
  'the bus is encrypted and has a dead-letter queue': spoil(
    'AWS::Events::EventBus',
    (bus) => delete bus.KmsKeyIdentifier,
  ),
  'the topic is encrypted': spoil('AWS::SNS::Topic', (topic) => delete topic.KmsMasterKeyId),
  'the queue is encrypted and keeps 14 days': spoil('AWS::SQS::Queue', (queue) => (queue.MessageRetentionPeriod = 60)),
  'no signal is delivered later than two minutes after it happened': spoilSignalTarget(
    (target) => delete target.RetryPolicy,
  ),
  'every signal that is not delivered becomes a dead letter': spoilSignalTarget(
    (target) => delete target.DeadLetterConfig,
  ),
  'only events of this account are signals': (copy) => delete signalRule(copy).EventPattern.account,
  'state machines are Standard, traced, and log every step without its data': spoil(
    'AWS::StepFunctions::StateMachine',
    (machine) => (machine.LoggingConfiguration.IncludeExecutionData = true),
  ),
  'no role carries a managed policy': spoil(
    'AWS::IAM::Role',
    (role) => (role.ManagedPolicyArns = ['arn:aws:iam::aws:x']),
  ),
  'no role may change every resource of a kind without a condition or a deny': allow('ec2:StopInstances', '*'),
  'no role may call a whole family of actions': allow('ec2:*'),
  'no role that cuts may touch what carries the lifeline tag': dropDeny('ec2:StopInstances'),
  'the role that keeps lifelines alive may cut none of them': dropDeny('ec2:StopInstances', 'HoldOpen'),
  'the role that keeps lifelines alive may run one document and no other': dropDeny('ssm:SendCommand', 'HoldOpen'),
  'no role may take a tag away': dropDeny('ec2:DeleteTags'),
  'no role that cuts may write a tag': dropDeny('ec2:CreateTags'),
  'no role but the counting one may update an item': dropDeny('dynamodb:UpdateItem'),
  'no role may rewrite the audit': dropDeny('dynamodb:BatchWriteItem'),
  'no role but restore may delete from the audit': dropDeny('dynamodb:DeleteItem'),
  'no role but restore may open anything': allow('ec2:AuthorizeSecurityGroupIngress'),
  'no role may run a command document but by its name': allow('ssm:SendCommand', 'arn:aws:ssm:::document/*'),
  'no security group of the fuse is open to everywhere, or left to the default egress': spoil(
    'AWS::EC2::SecurityGroup',
    (group) => (group.SecurityGroupEgress = []),
  ),
};

function signalRule(copy: CloudFormationTemplate): Json {
  return resourcesOf(copy, 'AWS::Events::Rule').find(({ id }) => id.includes('GuardDuty'))?.Properties;
}

function spoilSignalTarget(change: (target: Json) => void): (copy: CloudFormationTemplate) => void {
  return (copy) => change(signalRule(copy).Targets[0]);
}

describe('The template of an account', () => {
  it.each(Object.entries(guarantees))('holds that %s', (_words, guarantee) => {
    expect(guarantee(template)).toEqual([]);
    expect(guarantee(templateAnywhere)).toEqual([]);
  });

  it.each(Object.entries(faults))('would be caught breaking that %s', (words, breakIt) => {
    const copy = structuredClone(template);

    breakIt(copy);

    expect(guarantees[words as Name](copy)).toHaveLength(1);
  });
});
