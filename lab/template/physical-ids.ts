import { createHash } from 'node:crypto';
import { LabSetupError } from '../services/setup-error.ts';

/** What a physical id is made of. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly stackName: string;
  /** URL of a queue by its name. */
  readonly queueUrlOf: (queueName: string) => string;
}

/** A resource with its resolved properties, as far as its identity depends on them. */
export interface Identified {
  readonly logicalId: string;
  readonly type: string;
  /** Reads one resolved property. */
  readonly property: (name: string) => unknown;
}

/** What `Ref` and `Fn::GetAtt` answer for a resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Identify = (resource: Identified, place: Place) => Identity;

/** Identities by type; all are derived from stack and logical id, so that two deployments agree. */
const identities: Readonly<Record<string, Identify>> = {
  'AWS::Lambda::Function': (resource, place) => {
    const name = nameOf(resource, place, 'FunctionName', 64);
    return { ref: name, attributes: { Arn: toArn(place, 'lambda', `function:${name}`) } };
  },
  'AWS::Lambda::Version': ({ property }, place) => {
    const arn = `${toFunctionArn(property, place)}:1`;
    return { ref: arn, attributes: { FunctionArn: arn, Version: '1' } };
  },
  'AWS::Lambda::Alias': ({ property }, place) => {
    const arn = `${toFunctionArn(property, place)}:${String(property('Name'))}`;
    return { ref: arn, attributes: { AliasArn: arn } };
  },
  'AWS::IAM::Role': (resource, place) => {
    const name = nameOf(resource, place, 'RoleName', 64);
    return {
      ref: name,
      attributes: { Arn: toIamArn(place, `role/${name}`), RoleId: `AROA${digest(name, 17).toUpperCase()}` },
    };
  },
  'AWS::IAM::ManagedPolicy': (resource, place) => {
    const arn = toIamArn(place, `policy/${nameOf(resource, place, 'ManagedPolicyName', 128)}`);
    return { ref: arn, attributes: { PolicyArn: arn } };
  },
  'AWS::StepFunctions::StateMachine': (resource, place) => {
    const name = nameOf(resource, place, 'StateMachineName', 80);
    const arn = toArn(place, 'states', `stateMachine:${name}`);
    return { ref: arn, attributes: { Arn: arn, Name: name } };
  },
  'AWS::Events::EventBus': (resource, place) => {
    const name = nameOf(resource, place, 'Name', 256);
    return { ref: name, attributes: { Arn: toArn(place, 'events', `event-bus/${name}`), Name: name } };
  },
  'AWS::Events::Rule': (resource, place) => {
    const name = nameOf(resource, place, 'Name', 64);
    const bus = resource.property('EventBusName');
    const busName = typeof bus === 'string' ? bus.replace(/^arn:.*:event-bus\//, '') : 'default';
    const path = busName === 'default' ? name : `${busName}/${name}`;
    const ref = busName === 'default' ? name : `${busName}|${name}`;
    return { ref, attributes: { Arn: toArn(place, 'events', `rule/${path}`) } };
  },
  'AWS::SQS::Queue': (resource, place) => {
    const name = nameOf(resource, place, 'QueueName', 80);
    const url = place.queueUrlOf(name);
    return { ref: url, attributes: { Arn: toArn(place, 'sqs', name), QueueName: name, QueueUrl: url } };
  },
  'AWS::SNS::Topic': (resource, place) => {
    const name = nameOf(resource, place, 'TopicName', 256);
    const arn = toArn(place, 'sns', name);
    return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
  },
  'AWS::DynamoDB::Table': identifyTable,
  'AWS::DynamoDB::GlobalTable': identifyTable,
  'AWS::SSM::Document': (resource, place) => ({ ref: nameOf(resource, place, 'Name', 128), attributes: {} }),
  'AWS::SSM::Association': (resource, place) => {
    const associationId = toUuid(`${place.stackName}/${resource.logicalId}`);
    return { ref: associationId, attributes: { AssociationId: associationId } };
  },
  'AWS::SSM::Parameter': (resource, place) => ({ ref: nameOf(resource, place, 'Name', 1011), attributes: {} }),
  'AWS::EC2::SecurityGroup': (resource, place) => {
    const groupId = `sg-${digest(`${place.stackName}/${resource.logicalId}`, 17)}`;
    return { ref: groupId, attributes: { GroupId: groupId, Id: groupId, VpcId: String(resource.property('VpcId')) } };
  },
  'AWS::EC2::NetworkAcl': (resource, place) => {
    const networkAclId = `acl-${digest(`${place.stackName}/${resource.logicalId}`, 17)}`;
    return { ref: networkAclId, attributes: { Id: networkAclId } };
  },
  'AWS::CloudWatch::Alarm': identifyAlarm,
  'AWS::CloudWatch::CompositeAlarm': identifyAlarm,
  'AWS::Logs::LogGroup': (resource, place) => {
    const name = nameOf(resource, place, 'LogGroupName', 512);
    return { ref: name, attributes: { Arn: `${toArn(place, 'logs', `log-group:${name}`)}:*` } };
  },
  'AWS::KMS::Key': (resource, place) => {
    const keyId = toUuid(`${place.stackName}/${resource.logicalId}`);
    return { ref: keyId, attributes: { Arn: toArn(place, 'kms', `key/${keyId}`), KeyId: keyId } };
  },
};

/** Says what `Ref` and `Fn::GetAtt` answer for a resource; types without an entry have a `Ref` only. */
export function identify(resource: Identified, place: Place): Identity {
  const known = Object.hasOwn(identities, resource.type) ? identities[resource.type] : undefined;
  return known?.(resource, place) ?? { ref: toName(resource, place, 255), attributes: {} };
}

/** Both kinds of table have the same identity; the lab has one Region. */
function identifyTable(resource: Identified, place: Place): Identity {
  const name = nameOf(resource, place, 'TableName', 255);
  const arn = toArn(place, 'dynamodb', `table/${name}`);
  return { ref: name, attributes: { Arn: arn, TableId: digest(arn, 32) } };
}

function identifyAlarm(resource: Identified, place: Place): Identity {
  const name = nameOf(resource, place, 'AlarmName', 255);
  return { ref: name, attributes: { Arn: toArn(place, 'cloudwatch', `alarm:${name}`) } };
}

/** A name the template gives is kept, and refused when the service would refuse its length. */
function nameOf(resource: Identified, place: Place, property: string, longest: number): string {
  const given = resource.property(property);
  if (given === undefined) return toName(resource, place, longest);
  if (typeof given === 'string' && given.length <= longest) return given;
  throw new LabSetupError(`Could not name '${resource.logicalId}': '${JSON.stringify(given)}' is no ${property}`);
}

/** CloudFormation's form, with a hash of stack and logical id in the place of its random suffix. */
function toName({ logicalId }: Identified, { stackName }: Place, longest: number): string {
  const suffix = digest(`${stackName}/${logicalId}`, 8);
  return `${`${stackName}-${logicalId}`.slice(0, longest - suffix.length - 1)}-${suffix}`;
}

function toArn({ partition, region, accountId }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

function toIamArn({ partition, accountId }: Place, resource: string): string {
  return `arn:${partition}:iam::${accountId}:${resource}`;
}

/** Versions and aliases name their function by name or by ARN. */
function toFunctionArn(property: Identified['property'], place: Place): string {
  const name = String(property('FunctionName'));
  return name.startsWith('arn:') ? name : toArn(place, 'lambda', `function:${name}`);
}

function toUuid(text: string): string {
  return digest(text, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
