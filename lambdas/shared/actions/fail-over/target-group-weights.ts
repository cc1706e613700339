import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  type Action as ListenerAction,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { onRecords, placeBy, type Mechanism, type Sight } from './mechanism.ts';
import { readTargetGroup, readTargets, type SeenTarget } from './target-health.ts';

type Weights = Extract<FailOver, { by: 'target-group-weights' }>;

/** All actions of the listener or rule: what stands before the forwarding (a login) goes back into the same call. */
const RoutingSchema = z.object({ actions: z.array(z.custom<ListenerAction>((value) => typeof value === 'object')) });
type Routing = z.infer<typeof RoutingSchema>;

/** Any weight above nothing gets everything when the others have none. */
const wholeWeight = 100;

/**
 * Sends everything that a listener or rule forwards to the standby's target group. The former groups stay in the action
 * with weight 0, so that their health goes on being checked for the way back. New connections follow within seconds;
 * established ones stay where they are until they end. Group stickiness is switched off, or cookies would lead clients
 * back.
 */
export function targetGroupWeights({ listener, standby }: Weights): Mechanism {
  const elb = new ElasticLoadBalancingV2Client(clientOptions);
  const isRule = listener.includes(':listener-rule/');
  const look = async (routing: Routing) => examineGroups(elb, groupsOf(routing));
  return onRecords(RoutingSchema, {
    target: listener,
    isRepeatable: true,
    read: async () => ({ actions: await (isRule ? readRule(elb, listener) : readListener(elb, listener)) }),
    aim: async ({ actions }) => {
      const forwards = actions.filter(({ Type }) => Type === 'forward');
      if (forwards.length !== 1) return { kind: 'unable', reason: `"${listener}" must have one action that forwards` };
      const to = { actions: actions.map((action) => (action.Type === 'forward' ? turn(action, standby) : action)) };
      return Promise.resolve({ kind: 'switch', to });
    },
    place: placeBy(({ actions }: Routing) => actions.map(view)),
    examine: async ({ to }) => look(to),
    route: async (_present, { to: { actions } }) => {
      const input = actions.map(withItsSecret);
      if (isRule) await elb.send(new ModifyRuleCommand({ RuleArn: listener, Actions: input }));
      else await elb.send(new ModifyListenerCommand({ ListenerArn: listener, DefaultActions: input }));
    },
    settle: async ({ to }) => (await look(to)).hindrance,
  });
}

async function readListener(elb: ElasticLoadBalancingV2Client, arn: string): Promise<ListenerAction[]> {
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
  return Listeners.find(({ ListenerArn }) => ListenerArn === arn)?.DefaultActions ?? [];
}

async function readRule(elb: ElasticLoadBalancingV2Client, arn: string): Promise<ListenerAction[]> {
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ RuleArns: [arn] }));
  return Rules.find(({ RuleArn }) => RuleArn === arn)?.Actions ?? [];
}

/** The same action with the standby alone. */
function turn(action: ListenerAction, standby: string): ListenerAction {
  const { TargetGroupArn: _single, ForwardConfig, ...rest } = action;
  const others = weightsOf(action).filter(([arn]) => arn !== standby);
  const targetGroups = [
    ...others.map(([TargetGroupArn]) => ({ TargetGroupArn, Weight: 0 })),
    { TargetGroupArn: standby, Weight: wholeWeight },
  ];
  // Where there was no stickiness none is mentioned: a network load balancer knows none.
  const isSticky = ForwardConfig?.TargetGroupStickinessConfig?.Enabled === true;
  const config = { TargetGroups: targetGroups, ...(isSticky && { TargetGroupStickinessConfig: { Enabled: false } }) };
  return { ...rest, ForwardConfig: config };
}

/** Groups of a forwarding action with their weights, in either of the two ways of naming them. */
function weightsOf({ TargetGroupArn, ForwardConfig }: ListenerAction): [string, number][] {
  const listed = ForwardConfig?.TargetGroups ?? [];
  if (listed.length === 0) return TargetGroupArn === undefined ? [] : [[TargetGroupArn, 1]];
  return listed.map((group) => [group.TargetGroupArn ?? '', group.Weight ?? 1]);
}

/** Groups that get traffic. */
function groupsOf({ actions }: Routing): string[] {
  return actions.flatMap((action) => weightsOf(action).flatMap(([arn, weight]) => (weight > 0 ? [arn] : [])));
}

/** What counts of an action: AWS answers a forwarding in more words than it was told. */
function view(action: ListenerAction): unknown {
  const { Order: _order, AuthenticateOidcConfig: login, ...others } = action;
  if (login !== undefined) {
    const { ClientSecret: _secret, UseExistingClientSecret: _word, ...told } = login;
    return { ...others, login: told };
  }
  if (action.Type !== 'forward') return others;
  const { Enabled = false, DurationSeconds = null } = action.ForwardConfig?.TargetGroupStickinessConfig ?? {};
  const weights = weightsOf(action);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const groups = weights
    // A single group gets everything whatever its weight is called.
    .map(([arn, weight]) => [
      arn,
      weights.filter(([, each]) => each > 0).length === 1 && sum > 0 ? weight / sum : weight,
    ])
    .sort(([left], [right]) => String(left).localeCompare(String(right)));
  return { groups, stickySeconds: Enabled ? DurationSeconds : null };
}

/** AWS never tells the secret of a login; without this word the call would want it again. */
function withItsSecret(action: ListenerAction): ListenerAction {
  const { AuthenticateOidcConfig: login } = action;
  return login === undefined
    ? action
    : { ...action, AuthenticateOidcConfig: { ...login, UseExistingClientSecret: true } };
}

/** Each group that gets traffic must have a healthy target, and be made of servers: of others nobody knows what they are. */
async function examineGroups(elb: ElasticLoadBalancingV2Client, groups: readonly string[]): Promise<Sight> {
  const seen = await Promise.all(
    groups.map(async (arn) => {
      const [{ TargetType }, targets] = await Promise.all([readTargetGroup(elb, arn), readTargets(elb, arn)]);
      return { targets, hindrance: findHindrance(arn, TargetType, targets) };
    }),
  );
  const targets = seen.flatMap((group) => group.targets);
  const hindrances = seen.flatMap(({ hindrance }) => hindrance ?? []);
  const unique = (found: readonly SeenTarget[]) => [...new Set(found.map(({ id }) => id))];
  return {
    servers: unique(targets),
    healthy: unique(targets.filter(({ ailment }) => ailment === null)),
    hindrance: groups.length === 0 ? 'No target group gets traffic' : (hindrances[0] ?? null),
  };
}

function findHindrance(arn: string, type: string | undefined, targets: readonly SeenTarget[]): string | null {
  if (type !== 'instance') return `Targets of "${arn}" must be servers, they are of type "${type ?? 'unknown'}"`;
  if (targets.some(({ ailment }) => ailment === null)) return null;
  const why = targets.flatMap(({ ailment }) => ailment ?? []).slice(0, 3);
  return `"${arn}" has no healthy target${why.length === 0 ? '' : `: ${why.join('; ')}`}`;
}
