import { isAddress, readAddresses } from './addresses.ts';
import type { GuardDutyFinding } from './guardduty-finding.ts';
import { distinct } from './instance-ids.ts';
import { rejectEvent } from './reject.ts';

/** Addresses on the other side, as far as the finding names them: one of them may be what is blocked. */
export function findRemoteAddresses({ service }: GuardDutyFinding): string[] {
  const remotes = listActions(service).flatMap(({ remoteIpDetails }) => [
    remoteIpDetails?.ipAddressV4,
    remoteIpDetails?.ipAddressV6,
  ]);
  const endpoints = (service.detection?.sequence?.endpoints ?? []).map(({ ip }) => ip);
  const named = distinct([...remotes, ...endpoints].filter((address) => typeof address === 'string' && address !== ''));
  const addresses = named.map((address) =>
    isAddress(String(address)) ? String(address) : rejectEvent('remoteIpDetails', 'must be an IP address', address),
  );
  return readAddresses(addresses);
}

/** Local ports of the finding; 0 and missing ones mean unknown. */
export function findLocalPorts({ service }: GuardDutyFinding): number[] {
  const ports = listActions(service).map(({ localPortDetails }) => localPortDetails?.port ?? 0);
  return distinct(ports.filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535));
}

/** Names of the threats: of malware scans and of threat lists. */
export function findThreatNames({ service }: GuardDutyFinding): string[] {
  const scan = service.ebsVolumeScanDetails?.scanDetections;
  const names = [
    scan?.highestSeverityThreatDetails?.threatName,
    ...(scan?.threatDetectedByName?.threatNames ?? []).map(({ name }) => name),
    ...(service.malwareScanDetails?.threats ?? []).map(({ name }) => name),
    ...(service.evidence?.threatIntelligenceDetails ?? []).flatMap(({ threatNames }) => threatNames ?? []),
  ];
  return distinct(names.filter((name) => typeof name === 'string' && name !== '')).map(String);
}

/** One action a finding, save for port probes, which list every prober. */
function listActions({ action }: GuardDutyFinding['service']) {
  const single = [
    action?.networkConnectionAction,
    action?.awsApiCallAction,
    action?.rdsLoginAttemptAction,
    action?.kubernetesApiCallAction,
  ];
  return [...single.flatMap((part) => part ?? []), ...(action?.portProbeAction?.portProbeDetails ?? [])];
}
