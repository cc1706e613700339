import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  type AutoScalingGroup,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import * as z from 'zod/mini';
import { clientOptions } from '../../clients/client-options.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { onRecords, placeBy, type Aim, type Mechanism, type Sight } from './mechanism.ts';

type Standby = Extract<FailOver, { by: 'auto-scaling-standby' }>;

/** One server in its group; the group's sizes are kept for the person who reads the record. */
const RoutingSchema = z.object({
  lifecycle: z.nullable(z.string()),
  desired: z.number(),
  smallest: z.number(),
  largest: z.number(),
});
type Routing = z.infer<typeof RoutingSchema>;

/**
 * Puts one server of a group into standby: the group takes it out of its target groups, stops judging its health (so it
 * is not terminated, and stays for the inquiry) and starts another in its place, which takes minutes. The way back puts it
 * into service again; the group is then one larger, and shrinks by its own policies: taking one out could hit this very
 * server.
 */
export function autoScalingStandby({ group }: Standby, server: string, inQuestion: readonly string[]): Mechanism {
  const scaling = new AutoScalingClient(clientOptions);
  const look = async () => readGroup(scaling, group);
  // Nobody has to be well for a server to come back into service beside the others; it must not be cut.
  const back: Sight = { servers: [server], healthy: [], hindrance: null };
  const call = { AutoScalingGroupName: group, InstanceIds: [server] };
  return onRecords(RoutingSchema, {
    target: `autoScalingGroup:${group}/${server}`,
    server,
    isRepeatable: true,
    read: async () => toRouting(await look(), server),
    aim: async (present) => Promise.resolve(aimAt(present, group)),
    place: placeBy(({ lifecycle }: Routing) => lifecycle),
    examine: async ({ to }) => (isStandby(to) ? examine(await look(), inQuestion) : back),
    route: async (_present, { to }) => {
      if (isStandby(to))
        await scaling.send(new EnterStandbyCommand({ ...call, ShouldDecrementDesiredCapacity: false }));
      else await scaling.send(new ExitStandbyCommand(call));
    },
    findUnderWay: async () => findUnsettled(await look(), server),
    settle: async ({ to }) => (isStandby(to) ? findShortage(await look()) : null),
  });
}

async function readGroup(scaling: AutoScalingClient, name: string): Promise<AutoScalingGroup> {
  const { AutoScalingGroups = [] } = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  const found = AutoScalingGroups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === name);
  if (found !== undefined) return found;
  throw Object.assign(new Error(`Auto Scaling group "${name}" is not there`), { name: 'AutoScalingGroupNotFound' });
}

function toRouting(group: AutoScalingGroup, server: string): Routing {
  const { Instances = [], DesiredCapacity: desired = 0, MinSize: smallest = 0, MaxSize: largest = 0 } = group;
  const lifecycle = Instances.find(({ InstanceId }) => InstanceId === server)?.LifecycleState ?? null;
  return { lifecycle, desired, smallest, largest };
}

/** On its way into standby or out of it, with lifecycle hooks for minutes: neither end, and nobody else's doing. */
function findUnsettled(group: AutoScalingGroup, server: string): string | null {
  const { lifecycle } = toRouting(group, server);
  const isMoving = lifecycle !== null && /^(EnteringStandby|Pending)/.test(lifecycle);
  return isMoving ? `"${server}" is ${lifecycle} in group "${group.AutoScalingGroupName}"` : null;
}

function aimAt(present: Routing, group: string): Aim<Routing> {
  const { lifecycle } = present;
  if (lifecycle === 'InService' || lifecycle === 'Standby')
    return { kind: 'switch', to: { ...present, lifecycle: 'Standby' } };
  return { kind: 'leave', reason: `Not in service in group "${group}": ${lifecycle ?? 'no member'}` };
}

/** Others must be in service before the first call: what the group will start is not there yet. */
function examine({ AutoScalingGroupName, Instances = [] }: AutoScalingGroup, inQuestion: readonly string[]): Sight {
  const others = Instances.filter(({ InstanceId = '' }) => !inQuestion.includes(InstanceId)).filter(isInService);
  const ids = others.flatMap(({ InstanceId }) => InstanceId ?? []);
  const hindrance = `Group "${AutoScalingGroupName}" has no other healthy server in service: the last one would go`;
  return { servers: ids, healthy: ids, hindrance: ids.length > 0 ? null : hindrance };
}

/** The group has taken over when as many as it wants are in service and healthy. */
function findShortage({ Instances = [], DesiredCapacity = 0 }: AutoScalingGroup): string | null {
  const serving = Instances.filter(isInService).length;
  return serving > 0 && serving >= DesiredCapacity ? null : `${serving} of ${DesiredCapacity} servers are in service`;
}

function isInService({ LifecycleState, HealthStatus }: Instance): boolean {
  return LifecycleState === 'InService' && HealthStatus === 'Healthy';
}

function isStandby({ lifecycle }: Routing): boolean {
  return lifecycle === 'Standby';
}
