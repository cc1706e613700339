import { DeleteNetworkAclEntryCommand, type EC2Client, type NetworkAcl } from '@aws-sdk/client-ec2';
import { describeNetworkAcls } from '../../clients/acl-reads.ts';
import type { Undoing } from '../action.ts';
import { associate, findOwnEntry, readAclsOf, type Bound } from './apply-acls.ts';
import type { EntryChange, SubnetChange } from './cut-record.ts';
import { readEntries } from './network-acl.ts';

/** How one change was undone. */
export type Outcome = Omit<Undoing, 'target'>;

/** Runs a call again while its failure may pass, within the time of this entry. */
export type Within = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** The network ACLs of the denies, by id, as they are now. */
export async function readAcls(ec2: EC2Client, changes: readonly EntryChange[]): Promise<Map<string, NetworkAcl>> {
  const acls = await describeNetworkAcls(
    ec2,
    'network-acl-id',
    changes.map(({ before }) => before.aclId),
  );
  return new Map(acls.map((acl) => [acl.NetworkAclId ?? '', acl]));
}

/** Takes a deny out where it is as the cut made it. One that stood before stays: the cut added nothing to it. */
export async function undoEntry(
  ec2: EC2Client,
  change: EntryChange,
  acl: NetworkAcl | undefined,
  within: Within,
): Promise<Outcome> {
  const { before, ruleNumber } = change;
  const { aclId, isEgress } = before;
  if (acl === undefined) return { status: 'irreversible', reason: 'Network ACL is gone: nothing to take out' };
  const ours = findOwnEntry(acl, change);
  if (before.ruleNumber !== null) {
    if (ours !== undefined) return { status: 'already-undone', reason: 'Deny stood there before the cut' };
    return { status: 'drifted', reason: 'Deny stood there before the cut and is gone' };
  }
  const other = readEntries(acl).some((entry) => entry.isEgress === isEgress && entry.ruleNumber === ruleNumber);
  if (ours === undefined) {
    if (!other) return { status: 'already-undone', reason: 'Deny is not there' };
    return { status: 'drifted', reason: `Entry ${ruleNumber} is another one than the cut made` };
  }
  await within(async () =>
    ec2.send(new DeleteNetworkAclEntryCommand({ NetworkAclId: aclId, Egress: isEgress, RuleNumber: ruleNumber })),
  );
  const [after] = await describeNetworkAcls(ec2, 'network-acl-id', [aclId]);
  return findOwnEntry(after, change) === undefined
    ? { status: 'undone', reason: 'Deny is taken out' }
    : { status: 'failed', reason: 'Deny is still there when read back' };
}

/** Three-way, as with interfaces; found by the subnet, for the association's id changed with the cut. */
export async function undoSubnet(
  ec2: EC2Client,
  { target, before, aclId }: SubnetChange,
  now: Bound | undefined,
  within: Within,
): Promise<Outcome> {
  if (now === undefined) return { status: 'irreversible', reason: 'Subnet is gone: nothing to put back' };
  if (now.aclId === before.aclId) return { status: 'already-undone', reason: 'Network ACL is the former one' };
  if (now.aclId !== aclId) {
    return { status: 'drifted', reason: `Network ACL is ${now.aclId}: neither the former nor that of the cut` };
  }
  await within(async () => associate(ec2, now.associationId, before.aclId));
  const after = (await readAclsOf(ec2, [target])).get(target)?.aclId ?? 'none';
  return after === before.aclId
    ? { status: 'undone', reason: 'Former network ACL is back for the whole subnet' }
    : { status: 'failed', reason: `Network ACL read back is ${after}` };
}
