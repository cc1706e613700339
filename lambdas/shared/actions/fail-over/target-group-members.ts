import {
  DeregisterTargetsCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import { FuseError } from '../../errors.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { checkServers, toSight } from './check-servers.ts';
import {
  onRecords,
  type Aim,
  type Mechanism,
  type MechanismTools,
  type Place,
  type Sight,
  type Way,
} from './mechanism.ts';
import { readTargetGroup, readTargets } from './target-health.ts';

type Members = Extract<FailOver, { by: 'target-group-members' }>;

const TargetSchema = z.object({ id: z.string(), port: z.number() });
type Target = z.infer<typeof TargetSchema>;
const RoutingSchema = z.object({ targets: z.array(TargetSchema) });
type Routing = z.infer<typeof RoutingSchema>;

/** Between two looks at the health of those who joined. */
const pauseMs = 2000;

/** Those who joined a group never passed its health check, so nobody left it. */
export class StandbyNotHealthyError extends FuseError {
  override readonly name = 'StandbyNotHealthyError';
}

/**
 * Exchanges the members of a target group: the standby joins, and only when one of them is healthy there do the others
 * leave, so the group is never without a healthy path. Those who leave drain: requests under way may end for as long as
 * the group's deregistration delay says. Members that are none of ours are left alone both ways.
 */
export function targetGroupMembers(how: Members, servers: readonly string[], tools: MechanismTools): Mechanism {
  const elb = new ElasticLoadBalancingV2Client(clientOptions);
  const group = how.targetGroup;
  const arrivalsOf = (way: Way<Routing>) => {
    const joining = listIds(without(way.to.targets, way.before.targets));
    // The standby may be a member already; it has to carry the group all the same.
    return joining.length > 0 ? joining : how.standby;
  };
  const seeArrivals = async (way: Way<Routing>) => findHealthy(await readTargets(elb, group), arrivalsOf(way));
  return onRecords(RoutingSchema, {
    target: group,
    isRepeatable: true,
    read: async () => ({ targets: (await readTargets(elb, group)).map(({ id, port }) => ({ id, port })) }),
    aim: async (present) => {
      const { TargetType } = await readTargetGroup(elb, group);
      if (TargetType === 'instance') return aimAt(present, how, servers);
      return { kind: 'unable', reason: `Targets of "${group}" must be servers, they are of type "${TargetType}"` };
    },
    place,
    examine: async (way) => examine(elb, tools, group, arrivalsOf(way)),
    route: async ({ targets }, way, deadlineMs, ask) => {
      const joining = without(without(way.to.targets, way.before.targets), targets);
      const leaving = within(without(way.before.targets, way.to.targets), targets);
      if (joining.length > 0) await elb.send(new RegisterTargetsCommand(toInput(group, joining)));
      while ((await seeArrivals(way)) !== null) {
        if (tools.timing.nowMs() + pauseMs > deadlineMs) throw tooLate(group, arrivalsOf(way));
        await tools.timing.sleep(pauseMs);
      }
      if (leaving.length === 0) return;
      await ask();
      await elb.send(new DeregisterTargetsCommand(toInput(group, leaving)));
    },
    settle: seeArrivals,
  });
}

/** The standby joins on every port on which a server in question is a member. */
function aimAt({ targets }: Routing, { targetGroup, standby }: Members, servers: readonly string[]): Aim<Routing> {
  const leaving = targets.filter(({ id }) => servers.includes(id));
  if (leaving.length === 0) return { kind: 'leave', reason: `No server in question is a member of "${targetGroup}"` };
  const ports = [...new Set(leaving.map(({ port }) => port))];
  const joining = standby.flatMap((id) => ports.map((port) => ({ id, port })));
  const staying = without(targets, leaving);
  return { kind: 'switch', to: { targets: [...staying, ...without(joining, staying)] } };
}

/** Only those who join or leave count; with some of them done, an earlier try of ours was interrupted. */
function place({ targets }: Routing, { before, to }: Way<Routing>): Place {
  const joining = without(to.targets, before.targets);
  const leaving = without(before.targets, to.targets);
  const missing = without(joining, targets).length + within(leaving, targets).length;
  if (missing === 0) return 'to';
  return missing === joining.length + leaving.length ? 'before' : 'between';
}

/** A member has to be healthy in the group; who is none yet must run and pass EC2's checks. */
async function examine(
  elb: ElasticLoadBalancingV2Client,
  { ec2 }: MechanismTools,
  group: string,
  arrivals: readonly string[],
): Promise<Sight> {
  const members = (await readTargets(elb, group)).filter(({ id }) => arrivals.includes(id));
  const strangers = arrivals.filter((server) => members.every(({ id }) => id !== server));
  return toSight(
    new Map([...members.map(({ id, ailment }) => [id, ailment] as const), ...(await checkServers(ec2, strangers))]),
    'one',
  );
}

/** Why none of those who arrived carries the group yet, or null. */
function findHealthy(seen: Awaited<ReturnType<typeof readTargets>>, arrivals: readonly string[]): string | null {
  const found = seen.filter(({ id }) => arrivals.includes(id));
  if (found.some(({ ailment }) => ailment === null)) return null;
  return found.flatMap(({ ailment }) => ailment ?? [])[0] ?? `${arrivals.join(', ')} not registered`;
}

function tooLate(group: string, arrivals: readonly string[]): StandbyNotHealthyError {
  const message = `Nobody was taken out of "${group}": ${arrivals.join(', ')} joined and did not get healthy there in time`;
  return new StandbyNotHealthyError(message);
}

function toInput(group: string, targets: readonly Target[]) {
  return { TargetGroupArn: group, Targets: targets.map(({ id, port }) => ({ Id: id, Port: port })) };
}

function without(targets: readonly Target[], others: readonly Target[]): Target[] {
  return targets.filter((target) => !others.some((other) => isSame(target, other)));
}

function within(targets: readonly Target[], others: readonly Target[]): Target[] {
  return targets.filter((target) => others.some((other) => isSame(target, other)));
}

function isSame(left: Target, right: Target): boolean {
  return left.id === right.id && left.port === right.port;
}

function listIds(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ id }) => id))];
}
