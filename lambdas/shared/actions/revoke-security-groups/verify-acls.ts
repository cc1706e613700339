import type { EC2Client } from '@aws-sdk/client-ec2';
import { describeNetworkAcls } from '../../clients/acl-reads.ts';
import { describeError } from '../../clients/aws-errors.ts';
import type { Observation } from '../action.ts';
import { findOwnEntry, readAclsOf } from './apply-acls.ts';
import type { EntryChange, SubnetChange } from './cut-record.ts';

/** The first layer is not told later because the second cannot be read. */
const patienceMs = 2_000;

/** Reads denies back. A read that fails is no proof of anything: the cut is partial then, and the entry may stand. */
export async function observeEntries(ec2: EC2Client, changes: readonly EntryChange[]): Promise<Observation[]> {
  const ids = changes.map(({ before }) => before.aclId);
  try {
    const acls = await describeNetworkAcls(ec2, 'network-acl-id', ids, {
      abortSignal: AbortSignal.timeout(patienceMs),
    });
    const byId = new Map(acls.map((acl) => [acl.NetworkAclId, acl]));
    return changes.map((change) => {
      const held = findOwnEntry(byId.get(change.before.aclId), change) !== undefined;
      const reason = held ? 'Deny is there' : 'Deny is not there';
      return { target: change.target, held, seen: held ? 'present' : 'absent', reason, connectionsCut: 0 };
    });
  } catch (error) {
    const reason = `Deny not read back: ${describeError(error)}`;
    return changes.map(({ target }) => ({ target, held: false, seen: null, reason, connectionsCut: 0 }));
  }
}

/** A subnet that is gone carries no traffic: that too is a cut that holds. */
export async function observeSubnets(ec2: EC2Client, changes: readonly SubnetChange[]): Promise<Observation[]> {
  const bound = await readAclsOf(
    ec2,
    changes.map(({ target }) => target),
  );
  return changes.map(({ target, aclId }) => {
    const now = bound.get(target)?.aclId ?? null;
    const held = now === null || now === aclId;
    const reason = now === null ? 'Subnet is gone' : held ? 'Subnet is closed' : `Network ACL is ${now}`;
    return { target, held, seen: now, reason, connectionsCut: 0 };
  });
}
