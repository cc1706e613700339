import * as z from 'zod/mini';
import { cutTokenPage, listOf, wholeNumber } from '../wire/query-input.ts';
import type { PageRules } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { findListener, findLoadBalancer, findRule } from './find.ts';
import { actionsSchema, readForward, viewForward } from './forward.ts';
import type { ElbModel, Listener, ListenerRule } from './model.ts';

/** Pages of every ELB Describe. */
export const pageRules: PageRules = {
  smallest: 1,
  largest: 400,
  usual: 100,
  sizeCode: 'ValidationError',
  tokenCode: 'ValidationError',
};
/** Members of every paginated Describe. */
export const pageMembers = { Marker: z.optional(z.string()), PageSize: z.optional(wholeNumber) };

const arns = z.optional(listOf(z.string()));

/** Listeners and their rules. */
export function defineListeners(model: ElbModel): Readonly<Record<string, Operation>> {
  return {
    DescribeListeners: describeListeners(model),
    DescribeRules: describeRules(model),
    ModifyListener: modifyListener(model),
    ModifyRule: modifyRule(model),
  };
}

function describeListeners(model: ElbModel): Operation {
  const schema = z.strictObject({ LoadBalancerArn: z.optional(z.string()), ListenerArns: arns, ...pageMembers });
  return defineOperation(schema, ({ LoadBalancerArn, ListenerArns, PageSize, Marker }) => {
    if ((LoadBalancerArn === undefined) === (ListenerArns === undefined)) {
      throw new ServiceError('ValidationError', 'Either a load balancer or listeners must be named');
    }
    const asked =
      ListenerArns?.map((arn) => findListener(model, arn)) ??
      [...model.listeners.values()].filter(
        ({ loadBalancerArn }) => loadBalancerArn === findLoadBalancer(model, LoadBalancerArn ?? '').arn,
      );
    const { things, next } = cutTokenPage(asked, pageRules, PageSize, Marker);
    return { Listeners: things.map(viewListener), NextMarker: next };
  });
}

function describeRules(model: ElbModel): Operation {
  const schema = z.strictObject({ ListenerArn: z.optional(z.string()), RuleArns: arns, ...pageMembers });
  return defineOperation(schema, ({ ListenerArn, RuleArns, PageSize, Marker }) => {
    if ((ListenerArn === undefined) === (RuleArns === undefined)) {
      throw new ServiceError('ValidationError', 'Either a listener or rules must be named');
    }
    const views =
      RuleArns?.map((arn) => viewAnyRule(model, arn)) ?? listRules(model, findListener(model, ListenerArn ?? ''));
    const { things, next } = cutTokenPage(views, pageRules, PageSize, Marker);
    return { Rules: things, NextMarker: next };
  });
}

/** By priority, the default rule last. */
function listRules(model: ElbModel, listener: Listener): readonly XmlStructure[] {
  const own = [...model.rules.values()].filter(({ listenerArn }) => listenerArn === listener.arn);
  return [...own.toSorted((one, other) => one.priority - other.priority).map(viewRule), viewDefaultRule(listener)];
}

function viewAnyRule(model: ElbModel, arn: string): XmlStructure {
  const listener = [...model.listeners.values()].find((candidate) => toDefaultRuleArn(candidate.arn) === arn);
  return listener === undefined ? viewRule(findRule(model, arn)) : viewDefaultRule(listener);
}

function modifyListener(model: ElbModel): Operation {
  const schema = z.strictObject({
    ListenerArn: z.string(),
    Port: z.optional(wholeNumber),
    Protocol: z.optional(z.string()),
    DefaultActions: z.optional(actionsSchema),
  });
  return defineOperation(schema, ({ ListenerArn, Port, Protocol, DefaultActions }) => {
    const listener = findListener(model, ListenerArn);
    const isOther = (Port ?? listener.port) !== listener.port || (Protocol ?? listener.protocol) !== listener.protocol;
    if (isOther)
      throw new ServiceError('UnsupportedOperation', 'The lab does not change port and protocol of a listener');
    if (DefaultActions !== undefined) listener.forward = readForward(model, DefaultActions, listener.loadBalancerArn);
    return { Listeners: [viewListener(listener)] };
  });
}

function modifyRule(model: ElbModel): Operation {
  const schema = z.strictObject({ RuleArn: z.string(), Actions: z.optional(actionsSchema) });
  return defineOperation(schema, ({ RuleArn, Actions }) => {
    if ([...model.listeners.keys()].some((arn) => toDefaultRuleArn(arn) === RuleArn)) {
      throw new ServiceError('OperationNotPermitted', `Default rule '${RuleArn}' cannot be modified`);
    }
    const rule = findRule(model, RuleArn);
    const { loadBalancerArn } = findListener(model, rule.listenerArn);
    if (Actions !== undefined) rule.forward = readForward(model, Actions, loadBalancerArn);
    return { Rules: [viewRule(rule)] };
  });
}

function viewListener({ arn, loadBalancerArn, port, protocol, forward }: Listener): XmlStructure {
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    Port: port,
    Protocol: protocol,
    DefaultActions: viewForward(forward),
  };
}

function viewRule({ arn, priority, paths, forward }: ListenerRule): XmlStructure {
  return {
    RuleArn: arn,
    Priority: String(priority),
    Conditions: [{ Field: 'path-pattern', Values: paths, PathPatternConfig: { Values: paths } }],
    Actions: viewForward(forward),
    IsDefault: false,
  };
}

function viewDefaultRule({ arn, forward }: Listener): XmlStructure {
  return {
    RuleArn: toDefaultRuleArn(arn),
    Priority: 'default',
    Conditions: [],
    Actions: viewForward(forward),
    IsDefault: true,
  };
}

function toDefaultRuleArn(listenerArn: string): string {
  return `${listenerArn.replace(':listener/', ':listener-rule/')}/${'0'.repeat(15)}d`;
}
