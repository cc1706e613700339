import * as z from 'zod/mini';
import { cutTokenPage, listOf } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { findListener, findLoadBalancer, findRule, findTargetGroup } from './find.ts';
import { pageMembers, pageRules } from './listeners.ts';
import type { ElbModel, LoadBalancer, TargetGroup } from './model.ts';

const list = z.optional(listOf(z.string()));
const mostTagged = 20;

/** Load balancers, target groups, their attributes and tags. */
export function defineDescribes(model: ElbModel): Readonly<Record<string, Operation>> {
  return {
    DescribeLoadBalancers: describeLoadBalancers(model),
    DescribeTargetGroups: describeTargetGroups(model),
    DescribeTargetGroupAttributes: defineOperation(z.strictObject({ TargetGroupArn: z.string() }), (input) => ({
      Attributes: viewAttributes(findTargetGroup(model, input.TargetGroupArn)),
    })),
    DescribeTags: defineOperation(z.strictObject({ ResourceArns: listOf(z.string()) }), ({ ResourceArns }) => {
      if (ResourceArns.length > mostTagged) {
        throw new ServiceError('ValidationError', `At most ${mostTagged} ARNs, received '${ResourceArns.length}'`);
      }
      for (const arn of ResourceArns) findAny(model, arn);
      return { TagDescriptions: ResourceArns.map((arn) => ({ ResourceArn: arn, Tags: model.tags.view(arn) })) };
    }),
  };
}

function describeLoadBalancers(model: ElbModel): Operation {
  const schema = z.strictObject({ LoadBalancerArns: list, Names: list, ...pageMembers });
  return defineOperation(schema, ({ LoadBalancerArns, Names, PageSize, Marker }) => {
    const all = [...model.loadBalancers.values()];
    const asked =
      LoadBalancerArns?.map((arn) => findLoadBalancer(model, arn)) ??
      Names?.map((name) => findByName(all, name, 'LoadBalancerNotFound')) ??
      all;
    const { things, next } = cutTokenPage(asked, pageRules, PageSize, Marker);
    return { LoadBalancers: things.map((balancer) => viewLoadBalancer(model, balancer)), NextMarker: next };
  });
}

function describeTargetGroups(model: ElbModel): Operation {
  const schema = z.strictObject({
    LoadBalancerArn: z.optional(z.string()),
    TargetGroupArns: list,
    Names: list,
    ...pageMembers,
  });
  return defineOperation(schema, ({ LoadBalancerArn, TargetGroupArns, Names, PageSize, Marker }) => {
    if ([LoadBalancerArn, TargetGroupArns, Names].filter((given) => given !== undefined).length > 1) {
      throw new ServiceError('ValidationError', 'Only one of load balancer, ARNs and names can be given');
    }
    const all = [...model.targetGroups.values()];
    const asked =
      TargetGroupArns?.map((arn) => findTargetGroup(model, arn)) ??
      Names?.map((name) => findByName(all, name, 'TargetGroupNotFound')) ??
      (LoadBalancerArn === undefined ? all : ofBalancer(model, findLoadBalancer(model, LoadBalancerArn)));
    const { things, next } = cutTokenPage(asked, pageRules, PageSize, Marker);
    return { TargetGroups: things.map((group) => viewTargetGroup(model, group)), NextMarker: next };
  });
}

function findByName<Thing extends { readonly name: string }>(all: readonly Thing[], name: string, code: string): Thing {
  const thing = all.find((candidate) => candidate.name === name);
  if (thing === undefined) throw new ServiceError(code, `'${name}' not found`);
  return thing;
}

function ofBalancer(model: ElbModel, balancer: LoadBalancer): readonly TargetGroup[] {
  return [...model.targetGroups.values()].filter(({ arn }) => model.usersOf(arn).includes(balancer));
}

/** The kind of a tagged thing stands in its ARN. */
function findAny(model: ElbModel, arn: string): void {
  const kind = arn.split(':')[5]?.split('/')[0];
  if (kind === 'listener') findListener(model, arn);
  else if (kind === 'listener-rule') findRule(model, arn);
  else if (kind === 'targetgroup') findTargetGroup(model, arn);
  else findLoadBalancer(model, arn);
}

function viewLoadBalancer(model: ElbModel, { arn, name, type, vpcId }: LoadBalancer): XmlStructure {
  return {
    LoadBalancerArn: arn,
    LoadBalancerName: name,
    DNSName: `${name}.elb.${model.region}.amazonaws.com`,
    Scheme: 'internal',
    Type: type,
    VpcId: vpcId,
    State: { Code: 'active' },
    IpAddressType: 'ipv4',
  };
}

function viewTargetGroup(model: ElbModel, group: TargetGroup): XmlStructure {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType,
    HealthCheckProtocol: 'TCP',
    HealthCheckPort: 'traffic-port',
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: group.intervalSeconds,
    HealthCheckTimeoutSeconds: Math.min(5, group.intervalSeconds),
    HealthyThresholdCount: group.healthyThreshold,
    UnhealthyThresholdCount: group.healthyThreshold,
    LoadBalancerArns: model.usersOf(group.arn).map(({ arn }) => arn),
    IpAddressType: 'ipv4',
  };
}

function viewAttributes({ deregistrationDelaySeconds }: TargetGroup): readonly XmlStructure[] {
  return [
    { Key: 'deregistration_delay.timeout_seconds', Value: String(deregistrationDelaySeconds) },
    { Key: 'stickiness.enabled', Value: 'false' },
  ];
}
