import { join } from 'node:path';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { Alarms } from './alarms.ts';
import { AuditTable } from './audit-table.ts';
import { DeadLetters } from './dead-letters.ts';
import { FuseBus } from './fuse-bus.ts';
import { ExpiryRule } from './expiry-rule.ts';
import { FuseFunctions } from './fuse-functions.ts';
import { FuseWorkflows, type WorkflowHandles } from './fuse-workflows.ts';
import { HostDocuments } from './host-documents.ts';
import { HostSensors } from './host-sensors.ts';
import { MessageKey } from './message-key.ts';
import { Notifications } from './notifications.ts';
import { QuarantineGroups } from './quarantine-groups.ts';
import { ReviewWatch } from './review-watch.ts';
import { SignalRules } from './signal-rules.ts';
import { TimeZoneWatch } from './time-zone-watch.ts';

export interface ConnectionFuseProps {
  /** What must never be cut, what counts as core business, and the limits behind the answers; as `parsePolicy` made it. */
  readonly policy: Policy;
  /**
   * Ids of the VPCs whose servers the fuse may cut from the network; each gets its quarantine groups.
   * Default: none. Then no network cut is possible and synth warns.
   */
  readonly vpcIds?: readonly string[];
  /**
   * How long the logs of functions and state machines are kept. The audit table keeps its entries for good.
   * Default: one year.
   */
  readonly retention?: RetentionDays;
  /**
   * Gets every outcome and alarm by mail, once the address has confirmed it.
   * Default: nobody; subscribe to `notifications.topic` instead.
   */
  readonly notificationEmail?: string;
  /**
   * Copies of the two functions before the network cut that are kept started (provisioned concurrency, billed by the
   * hour). With 0 a first event starts them cold, which takes most of a second.
   * Default: 1.
   */
  readonly copiesReady?: number;
  /**
   * Folder with one bundle a function, as `node build.mjs` writes it: `<stem>/index.js`.
   * Default: `dist/lambdas` beside this package's `cdk/`.
   */
  readonly bundlesPath?: string;
}

/**
 * The whole fuse for one account and region: the rules that let signals in, the flowchart, its functions and documents,
 * the audit table, and the way back. The first deploy runs in shadow mode: it decides and records, and changes nothing.
 */
export class ConnectionFuse extends Construct {
  readonly auditTable: AuditTable;
  readonly deadLetters: DeadLetters;
  readonly fuseBus: FuseBus;
  readonly notifications: Notifications;
  readonly workflows: WorkflowHandles;
  readonly functions: FuseFunctions;
  readonly sensors: HostSensors;

  constructor(scope: Construct, id: string, props: ConnectionFuseProps) {
    super(scope, id);
    const { policy, retention = RetentionDays.ONE_YEAR } = props;
    const key = new MessageKey(this, 'MessageKey');
    this.auditTable = new AuditTable(this, 'AuditTable');
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    const deadLetters = this.deadLetters.queue;
    this.fuseBus = new FuseBus(this, 'FuseBus', { key, deadLetters });
    const { bus } = this.fuseBus;
    this.deadLetters.keepFailedIncidents(bus);
    const email = props.notificationEmail;
    this.notifications = new Notifications(this, 'Notifications', { bus, key, deadLetters, ...(email && { email }) });
    const documents = new HostDocuments(this, 'HostDocuments');
    this.sensors = new HostSensors(this, 'HostSensors', { policy, document: documents.get('InstallSensor') });
    const shared = { policy, retention, bundlesPath: props.bundlesPath ?? defaultBundlesPath };
    this.functions = new FuseFunctions(this, 'Functions', {
      auditTable: this.auditTable,
      copiesReady: props.copiesReady ?? 1,
      bus,
      documents,
      quarantine: new QuarantineGroups(this, 'QuarantineGroups', { vpcIds: props.vpcIds ?? [], policy }),
      shared,
    });
    const workflows = new FuseWorkflows(this, 'Workflows', { functions: this.functions.entries, retention });
    this.workflows = workflows.handles;
    const { Respond: respond, Restore: restore } = this.workflows;
    new ExpiryRule(this, 'Expiry', { restore: restore.stateMachine, deadLetters });
    const { WatchTimeZones: watch } = this.functions.handles;
    new TimeZoneWatch(this, 'TimeZoneWatch', { policy, watch, deadLetters });
    const reviews = new ReviewWatch(this, 'Reviews', {
      auditTable: this.auditTable,
      bus,
      respond: respond.stateMachine,
      restore: restore.stateMachine,
      deadLetters,
      shared,
    });
    const alarms = new Alarms(this, 'Alarms', {
      workflows: this.workflows,
      functions: { ...this.functions.handles, WatchReviews: reviews.function },
      deadLetters,
      topic: this.notifications.topic,
    });
    new SignalRules(this, 'SignalRules', {
      respond: respond.stateMachine,
      bus,
      deadLetters,
      ownAlarmPrefix: alarms.namePrefix,
    });
  }
}

const defaultBundlesPath = join(import.meta.dirname, '..', '..', 'dist', 'lambdas');
