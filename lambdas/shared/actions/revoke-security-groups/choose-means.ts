import type { Policy } from '../../policy/policy-schema.ts';

/**
 * Buckets of EC2, an account and Region each: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html.
 * A raised limit is not known here.
 */
export const buckets = {
  modifyNetworkInterfaceAttribute: { burst: 100, refillPerSecond: 5 },
  replaceNetworkAclAssociation: { burst: 50, refillPerSecond: 5 },
  createNetworkAclEntry: { burst: 50, refillPerSecond: 5 },
} as const;

interface SubnetSize {
  readonly subnetId: string;
  /** How many of the interfaces to be cut lie in it. */
  readonly interfaces: number;
}

interface Means {
  readonly subnets: ReadonlySet<string>;
  readonly reason: string;
}

/**
 * Chooses which of the subnets that may be closed are closed. A closed subnet costs one call however many interfaces lie
 * in it, but its servers still reach each other, for a network ACL sees only what crosses the edge; moved interfaces do
 * not. So `fastest` closes no more subnets than it takes for the rest to fit into the bucket, the fullest first. Pure.
 */
export function chooseMeans(
  wanted: Policy['fleet']['networkMeans'],
  interfaces: number,
  closable: readonly SubnetSize[],
): Means {
  const { burst, refillPerSecond } = buckets.modifyNetworkInterfaceAttribute;
  const size = `${interfaces} ${interfaces === 1 ? 'interface' : 'interfaces'}`;
  if (wanted === 'interfaces') return { subnets: new Set(), reason: `${size} moved one by one, as the policy says` };
  const overSeconds = Math.ceil((interfaces - burst) / refillPerSecond);
  if (wanted === 'fastest' && overSeconds <= 0) {
    return { subnets: new Set(), reason: `${size} moved one by one: they are within EC2's burst of ${burst} calls` };
  }
  const chosen = takeFullest(closable, interfaces, wanted === 'fastest' ? burst : 0);
  const why =
    wanted === 'fastest'
      ? `moving all would take ${overSeconds} s more than EC2's burst of ${burst} calls`
      : 'the policy says so';
  const rest = interfaces - chosen.reduce((sum, one) => sum + one.interfaces, 0);
  const said =
    chosen.length === 0 ? 'No subnet can be closed as a whole' : `${count(chosen.length, 'subnet')} closed as a whole`;
  return {
    subnets: new Set(chosen.map(({ subnetId }) => subnetId)),
    reason: `${said} (${why}); ${rest} of ${size} moved one by one`,
  };
}

/** The fullest subnets until at most `enough` interfaces are left, and never more than one burst of calls. */
function takeFullest(closable: readonly SubnetSize[], interfaces: number, enough: number): SubnetSize[] {
  const fullestFirst = [...closable].sort(
    (left, right) => right.interfaces - left.interfaces || left.subnetId.localeCompare(right.subnetId),
  );
  const chosen: SubnetSize[] = [];
  let left = interfaces;
  for (const subnet of fullestFirst.slice(0, buckets.replaceNetworkAclAssociation.burst)) {
    if (left <= enough) break;
    chosen.push(subnet);
    left -= subnet.interfaces;
  }
  return chosen;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
