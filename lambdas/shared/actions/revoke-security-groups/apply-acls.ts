import {
  CreateNetworkAclEntryCommand,
  ReplaceNetworkAclAssociationCommand,
  type EC2Client,
  type NetworkAcl,
} from '@aws-sdk/client-ec2';
import { describeNetworkAcls } from '../../clients/acl-reads.ts';
import { codeOf, type Timing } from '../../clients/aws-errors.ts';
import { retryTransient } from '../retry-transient.ts';
import type { EntryChange, SubnetChange } from './cut-record.ts';
import { isDenyOf, readEntries, type AclEntry } from './network-acl.ts';
import { findAclOf } from './subnet-edge.ts';

/** Calls under way at once for the second layer: with those of the interfaces as many as the SDK has sockets. */
export const entriesAtOnce = 25;

/** The second layer gets so much time, all of it together: the first is not read back before both are done. */
export const entriesForMs = 2_000;

/**
 * Makes one deny. Throws when its number was taken meanwhile or time is over: then it is read back as missing, and the
 * cut is told as partial. May run twice.
 */
export async function denyAddress(
  ec2: EC2Client,
  timing: Timing,
  change: EntryChange,
  { abortSignal, ask }: { readonly abortSignal: AbortSignal; readonly ask: () => Promise<unknown> },
): Promise<void> {
  const { before, ruleNumber } = change;
  if (before.ruleNumber !== null) return;
  const { aclId, isEgress, cidr } = before;
  const input = {
    NetworkAclId: aclId,
    Egress: isEgress,
    RuleNumber: ruleNumber,
    Protocol: '-1',
    RuleAction: 'deny' as const,
    ...(cidr.includes(':') ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
  };
  try {
    await retryTransient(timing, timing.nowMs() + entriesForMs, async () => {
      await ask();
      await ec2.send(new CreateNetworkAclEntryCommand(input), { abortSignal });
    });
  } catch (error) {
    if (codeOf(error) !== 'NetworkAclEntryAlreadyExists') throw error;
    const [acl] = await describeNetworkAcls(ec2, 'network-acl-id', [aclId], { abortSignal });
    // A call whose answer was lost made it: the same entry is ours, another one somebody else's.
    if (findOwnEntry(acl, change) === undefined) throw error;
  }
}

/** The entry as this change makes it, or undefined. */
export function findOwnEntry(acl: NetworkAcl | undefined, { before, ruleNumber }: EntryChange): AclEntry | undefined {
  return acl === undefined
    ? undefined
    : readEntries(acl).find(
        (entry) => entry.ruleNumber === ruleNumber && isDenyOf(entry, before.cidr, before.isEgress),
      );
}

/**
 * Puts a subnet behind another network ACL. The association has a new id after every change, so one that is gone is
 * looked up by the subnet: a call whose answer was lost may have been the change.
 */
export async function replaceAcl(
  ec2: EC2Client,
  change: SubnetChange,
  askAgain: () => Promise<unknown>,
): Promise<void> {
  const { target, before, aclId } = change;
  if (before.aclId === aclId) return;
  try {
    await associate(ec2, before.associationId, aclId);
  } catch (error) {
    if (codeOf(error) !== 'InvalidAssociationID.NotFound') throw error;
    const now = await readAclOf(ec2, target);
    if (now?.aclId === aclId) return;
    // Somebody put a third one there: theirs may be tighter, and undo could not bring it back.
    if (now?.aclId !== before.aclId) throw error;
    await askAgain();
    await associate(ec2, now.associationId, aclId);
  }
}

/** Binds a subnet, by its present association, to a network ACL. */
export async function associate(ec2: EC2Client, associationId: string, aclId: string): Promise<void> {
  await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: associationId, NetworkAclId: aclId }));
}

/** After an earlier try only subnets that still are as recorded are changed, as with interfaces. */
export async function dropReplaced(ec2: EC2Client, changes: readonly SubnetChange[]): Promise<SubnetChange[]> {
  const present = await readAclsOf(
    ec2,
    changes.map(({ target }) => target),
  );
  return changes.flatMap((change) => {
    const now = present.get(change.target);
    if (now === undefined || now.aclId !== change.before.aclId) return [];
    return [{ ...change, before: { ...change.before, associationId: now.associationId } }];
  });
}

/** The network ACL at the edge of a subnet, with the association that binds it there. */
export interface Bound {
  readonly aclId: string;
  readonly associationId: string;
}

/** The network ACLs of subnets now; a subnet that is gone is not among them. */
export async function readAclsOf(ec2: EC2Client, subnetIds: readonly string[]): Promise<Map<string, Bound>> {
  const acls = await describeNetworkAcls(ec2, 'association.subnet-id', subnetIds);
  return new Map(
    subnetIds.flatMap((subnetId) => {
      const found = findAclOf(subnetId, acls);
      if (found === undefined) return [];
      return [[subnetId, { aclId: found.acl.NetworkAclId ?? '', associationId: found.associationId }]];
    }),
  );
}

async function readAclOf(ec2: EC2Client, subnetId: string): Promise<Bound | undefined> {
  return (await readAclsOf(ec2, [subnetId])).get(subnetId);
}
