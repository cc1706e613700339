import type { GuardDutyFinding } from './guardduty-finding.ts';
import { distinct, instanceIdAtEnd, requireInstanceId } from './instance-ids.ts';
import { rejectEvent } from './reject.ts';

type Sequence = NonNullable<NonNullable<GuardDutyFinding['service']['detection']>['sequence']>;
type SequenceResource = NonNullable<Sequence['resources']>[number];

/** Malware Protection for Backup scans snapshots and images under an EC2 type: no running server is named. */
const backupType = /^Execution:[^/]+\/[^!]+!(Snapshot|AMI|RecoveryPoint)/;

/**
 * The servers a finding names. Only a resource of type `Instance` and the compromised instances of an attack sequence
 * count: other resource types may carry `instanceDetails` as well and mean something else.
 */
export function findServers(finding: GuardDutyFinding): string[] {
  const { resourceType, instanceDetails } = finding.resource;
  if (resourceType === 'AttackSequence')
    return findSequenceServers(finding.service.detection?.sequence?.resources ?? []);
  if (resourceType !== 'Instance' || backupType.test(finding.type)) return [];
  return [requireInstanceId(instanceDetails?.instanceId, 'resource.instanceDetails.instanceId')];
}

function findSequenceServers(resources: readonly SequenceResource[]): string[] {
  return distinct(resources.flatMap((resource, index) => [...ownId(resource, index), ...listedIds(resource, index)]));
}

function ownId(resource: SequenceResource, index: number): string[] {
  if (resource.resourceType !== 'EC2_INSTANCE') return [];
  const id = instanceIdAtEnd(resource.uid ?? '') ?? instanceIdAtEnd(resource.name ?? '');
  return [id ?? rejectUid(resource.uid, `${index}.uid`)];
}

/** The compromised instances that share a group, profile, template, VPC, image or stack. */
function listedIds(resource: SequenceResource, index: number): string[] {
  return Object.entries(resource.data ?? {}).flatMap(([member, list]) =>
    (list?.ec2InstanceUids ?? []).map(
      (uid) => instanceIdAtEnd(uid) ?? rejectUid(uid, `${index}.data.${member}.ec2InstanceUids`),
    ),
  );
}

// A server that cannot be named would silently stay uncut, so the event as a whole is refused and recorded.
function rejectUid(uid: unknown, path: string): never {
  return rejectEvent(`service.detection.sequence.resources.${path}`, 'must end in an instance id "i-…"', uid);
}
