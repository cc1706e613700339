import type { ProbeTarget } from '../probe-target.ts';

/** A resource record set; with a set identifier it is one of several weighted ones of a name. */
export interface RecordSet {
  /** Lower case, with the dot at the end. */
  readonly name: string;
  readonly type: string;
  readonly setIdentifier: string | undefined;
  readonly weight: number | undefined;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
  readonly healthCheckId: string | undefined;
}

/** A hosted zone; what the API shows is ahead of what the name servers answer. */
export interface HostedZone {
  readonly id: string;
  readonly name: string;
  records: ReadonlyMap<string, RecordSet>;
  /** Earlier states by the time from which clients no longer see them, oldest first. */
  former: readonly { readonly endsAt: number; readonly records: ReadonlyMap<string, RecordSet> }[];
}

/** One change batch on its way to the name servers. */
export interface Change {
  readonly id: string;
  readonly submittedAt: number;
  readonly comment: string | undefined;
}

/** What a health check dials. */
export interface HealthCheck {
  readonly id: string;
  readonly address: string;
  readonly port: number;
}

/** "Propagates within 60 seconds": never sooner here. */
export const propagationMs = 60_000;

/** Where checks come from; the checkers' own addresses are not told apart. */
export const checkerAddress = '15.177.0.1';

/** The whole state of the emulated Route 53. */
export class Route53Model {
  readonly probe: ProbeTarget;
  readonly now: () => number;
  readonly zones = new Map<string, HostedZone>();
  readonly changes = new Map<string, Change>();
  readonly healthChecks = new Map<string, HealthCheck>();

  constructor(probe: ProbeTarget, now: () => number) {
    this.probe = probe;
    this.now = now;
  }
}

/** What makes a record set one of its own. */
export function toRecordKey({
  name,
  type,
  setIdentifier = '',
}: Pick<RecordSet, 'name' | 'type' | 'setIdentifier'>): string {
  return `${name} ${type} ${setIdentifier}`;
}

/** Names know no case, and end with a dot whether it is written or not. */
export function normaliseName(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`;
}
