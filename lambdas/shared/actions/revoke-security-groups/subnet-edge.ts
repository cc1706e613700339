import type { EC2Client, NetworkAcl, NetworkInterface, Subnet } from '@aws-sdk/client-ec2';
import { describeNetworkAcls, describeSubnets } from '../../clients/acl-reads.ts';
import { describeError } from '../../clients/aws-errors.ts';
import { describeServers } from '../../clients/describe-servers.ts';
import { describeInterfaces } from '../../clients/ec2-reads.ts';
import type { ServerDescription } from '../../policy/server-facts.ts';
import type { ActionContext } from '../action.ts';
import { buckets } from './choose-means.ts';

/** What stands at the edges of the subnets, as read beside the interfaces. */
export interface SubnetEdge {
  readonly acls: readonly NetworkAcl[];
  readonly subnets: readonly Subnet[];
  /** Every interface of the subnets that may be closed as a whole; of others nothing is known. */
  readonly occupants: readonly NetworkInterface[];
  /** The servers whose subnets may be closed, as they are now; one that is missing is not known. */
  readonly servers: readonly ServerDescription[];
}

/** The edge, or why it is not known: then interfaces are moved as if there were no network ACLs. */
export type EdgeReading =
  | { readonly kind: 'read'; readonly edge: SubnetEdge }
  | { readonly kind: 'unread'; readonly reason: string };

/**
 * How long the move of the interfaces waits for this read once all else is known: it must not be late for a second layer's
 * sake. A whole fleet that may be closed by it is worth more, for to move its interfaces instead takes minutes.
 */
const [graceMs, fleetGraceMs] = [500, 5_000];

/** True when network ACLs have a part in this cut: a threat that spreads, or subnets that may be closed as a whole. */
export function isEdgeNeeded({ cohort, policy }: ActionContext): boolean {
  return cohort.cut.scope === 'server' && (cohort.answers.spreads || policy.fleet.networkMeans !== 'interfaces');
}

/** A read of the edge under way. */
export interface EdgeRead {
  /** Never rejects. */
  readonly reading: Promise<EdgeReading>;
  /** Says that everything else is known by now: what is not read soon is given up. */
  hurry(): void;
}

/** Begins to read the edge in the same breath as the interfaces. */
export function beginEdgeRead(ec2: EC2Client, vpcIds: readonly string[], context: ActionContext): EdgeRead {
  const { cohort, policy } = context;
  const hints = policy.fleet.networkMeans === 'interfaces' ? [] : (cohort.subnetHints ?? []);
  const isFleet = hints.length > 0 && cohort.servers.length > buckets.modifyNetworkInterfaceAttribute.burst;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const reading = readEdge(ec2, { vpcIds, hints, servers: cohort.servers, abortSignal: controller.signal });
  return {
    reading: reading.finally(() => clearTimeout(timer)),
    hurry: () => (timer = setTimeout(() => controller.abort(), isFleet ? fleetGraceMs : graceMs)),
  };
}

interface EdgeQuery {
  readonly vpcIds: readonly string[];
  readonly hints: readonly string[];
  readonly servers: readonly string[];
  readonly abortSignal: AbortSignal;
}

async function readEdge(ec2: EC2Client, { vpcIds, hints, servers: ids, abortSignal }: EdgeQuery): Promise<EdgeReading> {
  const options = { abortSignal };
  try {
    const [acls, subnets, occupants, servers] = await Promise.all([
      describeNetworkAcls(ec2, 'vpc-id', vpcIds, options),
      describeSubnets(ec2, vpcIds, options),
      describeInterfaces(ec2, 'subnet-id', hints, options),
      hints.length === 0 ? [] : describeServers(ec2, ids),
    ]);
    return { kind: 'read', edge: { acls, subnets, occupants, servers } };
  } catch (error) {
    return { kind: 'unread', reason: describeError(error) };
  }
}

/** The ACL of a subnet with the association that binds it there, or undefined. */
export function findAclOf(
  subnetId: string,
  acls: readonly NetworkAcl[],
): { readonly acl: NetworkAcl; readonly associationId: string } | undefined {
  for (const acl of acls) {
    const bound = acl.Associations?.find(({ SubnetId }) => SubnetId === subnetId);
    if (bound?.NetworkAclAssociationId !== undefined) return { acl, associationId: bound.NetworkAclAssociationId };
  }
  return undefined;
}
