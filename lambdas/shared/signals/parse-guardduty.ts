import type { ParsedEvent, Signal } from '../contracts/signal.ts';
import { isRecord } from '../record.ts';
import { GuardDutyFindingSchema, type GuardDutyFinding } from './guardduty-finding.ts';
import { classifyThreat } from './guardduty-class.ts';
import { findLocalPorts, findRemoteAddresses, findThreatNames } from './guardduty-peers.ts';
import { whySample } from './guardduty-sample.ts';
import { findServers } from './guardduty-servers.ts';
import { normaliseKeys } from './normalise-keys.ts';
import { readTime } from './read-time.ts';
import { parsePart, rejectEvent } from './reject.ts';

/** A finding in camelCase (EventBridge) or PascalCase (GetFindings), without its envelope. */
export function parseGuardDuty(raw: unknown): ParsedEvent {
  const value = normaliseKeys(raw);
  if (!isRecord(value)) return rejectEvent('detail', 'must be an object', raw);
  const sample = whySample(value);
  // Before the rest is checked: samples are loosely made and must end as ignored, not as broken.
  if (sample !== undefined) return ignored(`Sample finding: ${sample}`, value['type']);
  const finding = parsePart(GuardDutyFindingSchema, value, 'GuardDuty finding');
  if (finding.service.archived === true) return ignored('Archived finding', finding.type);
  return { kind: 'signal', signal: toSignal(finding) };
}

function toSignal(finding: GuardDutyFinding): Signal {
  const servers = findServers(finding);
  const role = readRole(finding);
  return {
    source: 'guardduty',
    kind: readKind(finding, servers, role),
    // The id stays the same when later occurrences update the finding: a repeat is the same incident.
    identity: `guardduty:${finding.accountId}:${finding.region}:${finding.id}`,
    name: finding.type,
    accountId: finding.accountId,
    region: finding.region,
    servers,
    resource: servers.length === 0 ? finding.resource.resourceType : null,
    childAlarms: [],
    remoteAddresses: findRemoteAddresses(finding),
    localPorts: findLocalPorts(finding),
    role,
    severity: finding.severity,
    measure: null,
    occurredAt:
      readTime(finding.service.eventLastSeen) ??
      readTime(finding.updatedAt) ??
      rejectEvent('updatedAt', 'must be a time', finding.updatedAt),
    requestedBy: null,
    reason: null,
  };
}

function readKind(finding: GuardDutyFinding, servers: readonly string[], role: Signal['role']): Signal['kind'] {
  if (servers.length === 0) return 'account-threat';
  // An attack sequence spans several servers or steps: the one thing GuardDuty calls Critical and that spreads.
  if (finding.resource.resourceType === 'AttackSequence') return 'ransomware';
  return classifyThreat({
    type: finding.type,
    severity: finding.severity,
    threatNames: findThreatNames(finding),
    role,
  });
}

/** Read for brute force only: findings of servers that call out say `TARGET` as well. */
function readRole(finding: GuardDutyFinding): Signal['role'] {
  if (!finding.type.includes('BruteForce')) return 'unknown';
  if (finding.service.resourceRole === 'TARGET') return 'target';
  return finding.service.resourceRole === 'ACTOR' ? 'actor' : 'unknown';
}

function ignored(reason: string, type: unknown): ParsedEvent {
  return { kind: 'ignored', reason, name: typeof type === 'string' ? type : 'GuardDuty Finding' };
}
