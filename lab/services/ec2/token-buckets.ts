import { ServiceError } from '../wire/service-error.ts';

/** Tokens a bucket holds at most, and how many come back each second. */
export interface BucketSize {
  readonly burst: number;
  readonly refillPerSecond: number;
}

const mutating: BucketSize = { burst: 50, refillPerSecond: 5 };
const describing: BucketSize = { burst: 100, refillPerSecond: 20 };
/** A describe of everything, without filter, ids or page size, has a bucket of its own. */
const describingAll: BucketSize = { burst: 50, refillPerSecond: 10 };

/**
 * The documented buckets of one account and Region; every API has its own. What is not here is a read or a change like
 * most: AssociateAddress, ReplaceNetworkAclAssociation and the entries of network ACLs are among those.
 */
const documented: Readonly<Record<string, BucketSize>> = {
  ModifyNetworkInterfaceAttribute: { burst: 100, refillPerSecond: 5 },
  CreateTags: { burst: 100, refillPerSecond: 10 },
  DeleteTags: { burst: 100, refillPerSecond: 10 },
  DescribeSecurityGroupReferences: { burst: 20, refillPerSecond: 5 },
};

/** Calls that change nothing are told by their names. */
const readPattern = /^(Describe|Get|List|Search)/;

const unfilteredApis = new Set(['DescribeInstances', 'DescribeNetworkInterfaces', 'DescribeSecurityGroups']);

/** Counts requests as EC2 does and refuses those beyond the bucket with RequestLimitExceeded. */
export class TokenBuckets {
  readonly #now: () => number;
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  take(operation: string, input: unknown): void {
    if (!this.draw(operation, input)) throw new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  }

  /** Takes a token and says whether there was one. */
  draw(operation: string, input: unknown): boolean {
    const [name, size] = findBucket(operation, input);
    const at = this.#now();
    const level = this.#levels.get(name) ?? { tokens: size.burst, at };
    const tokens = Math.min(size.burst, level.tokens + ((at - level.at) / 1000) * size.refillPerSecond);
    const isThere = tokens >= 1;
    this.#levels.set(name, { tokens: isThere ? tokens - 1 : tokens, at });
    return isThere;
  }
}

/** Which bucket a request draws from; DryRun costs a token like any other request. */
function findBucket(operation: string, input: unknown): readonly [string, BucketSize] {
  const isUnfiltered = Object.keys(input ?? {}).every((name) => name === 'DryRun');
  if (unfilteredApis.has(operation) && isUnfiltered) return [`${operation} of all`, describingAll];
  return [operation, documented[operation] ?? (readPattern.test(operation) ? describing : mutating)];
}
