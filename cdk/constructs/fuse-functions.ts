import { Duration, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type * as z from 'zod/mini';
import type { Permission } from '../../lambdas/shared/actions/action.ts';
import type { AssessEnvironmentSchema } from '../../lambdas/assess/environment.ts';
import type { RevokeSecurityGroupsEnvironmentSchema } from '../../lambdas/revoke-security-groups/environment.ts';
import type { AskPersonEnvironmentSchema } from '../../lambdas/ask-person/environment.ts';
import type { HostEnvironmentSchema } from '../../lambdas/shared/host-environment.ts';
import type { FailOverEnvironmentSchema } from '../../lambdas/fail-over/environment.ts';
import type { RestoreEnvironmentSchema } from '../../lambdas/restore/environment.ts';
import type { CloseIncidentEnvironmentSchema } from '../../lambdas/close-incident/environment.ts';
import type { WatchTimeZonesEnvironmentSchema } from '../../lambdas/watch-time-zones/environment.ts';
import { hostWorkPermissions } from '../../lambdas/shared/actions/host-work/permissions.ts';
import { sensorSource } from '../../lambdas/shared/signals/parse-sensor.ts';
import { failOverPermissions } from '../../lambdas/shared/actions/fail-over/facts.ts';
import { revokeSecurityGroupsPermissions } from '../../lambdas/shared/actions/revoke-security-groups/permissions.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { grantPermissions, isOnDocument } from './action-grants.ts';
import { assessPermissions } from './assess-permissions.ts';
import type { AuditTable } from './audit-table.ts';
import { denyAllButKeepingAlive, denyCuttingLifelines, denyTagging } from './denials.ts';
import { FuseFunction, type SharedFunctionProps, type VariablesOf } from './fuse-function.ts';
import type { HostDocuments } from './host-documents.ts';
import { hostWork, hostWorkIds, type HostWorkId, type HostWorkProps } from './host-work.ts';
import { keepReady } from './keep-ready.ts';
import type { QuarantineGroups } from './quarantine-groups.ts';

export interface FuseFunctionsProps {
  readonly auditTable: AuditTable;
  /** Outcomes are published here. */
  readonly bus: IEventBus;
  readonly documents: HostDocuments;
  readonly quarantine: QuarantineGroups;
  /** Copies of each function before the network cut that never start cold; 0: none. */
  readonly copiesReady: number;
  /** What every function gets. */
  readonly shared: SharedFunctionProps;
}

/** The functions by their construct ids. A type, so that it can also be read as a record. */
export type FunctionHandles = {
  readonly Assess: IFunction;
  readonly RevokeSecurityGroups: IFunction;
  readonly FailOver: IFunction;
  readonly AskPerson: IFunction;
  readonly CloseIncident: IFunction;
  readonly Restore: IFunction;
  readonly WatchTimeZones: IFunction;
} & Readonly<Record<HostWorkId, IFunction>>;

/** The functions, each with its own role and what that one needs. Only `restore` may open anything. */
export class FuseFunctions extends Construct {
  readonly handles: FunctionHandles;
  /** The same as they are to be invoked: by an alias where copies are kept ready. */
  readonly entries: FunctionHandles;
  private readonly props: FuseFunctionsProps;
  private readonly tableName: string;

  constructor(scope: Construct, id: string, props: FuseFunctionsProps) {
    super(scope, id);
    this.props = props;
    this.tableName = props.auditTable.tableName;
    this.handles = {
      Assess: this.addAssess(),
      RevokeSecurityGroups: this.addRevokeSecurityGroups(),
      ...this.addAllHostWork(),
      FailOver: this.addFailOver(),
      AskPerson: this.addAskPerson(),
      CloseIncident: this.addCloseIncident(),
      Restore: this.addRestore(),
      WatchTimeZones: this.addWatchTimeZones(),
    };
    this.entries = keepReady(this.handles, props.copiesReady);
  }

  /** First on the cut path: opens the incident, points to it from the execution, and changes nothing else. */
  private addAssess(): IFunction {
    const { role, function: handle } = this.add<typeof AssessEnvironmentSchema>('Assess', {
      stem: 'assess',
      description: 'turns an event into answers and cohorts',
      timeoutSeconds: 12,
      environment: { FUSE_TABLE_NAME: this.tableName, FUSE_ACCOUNT_ID: Stack.of(this).account },
    });
    this.props.auditTable.grantQuery(role);
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.execution('*')]);
    this.props.auditTable.grantCount(role);
    grantPermissions(role, assessPermissions);
    return handle;
  }

  /** The network cut. Its role may move interfaces and revoke rules, and open nothing. */
  private addRevokeSecurityGroups(): IFunction {
    const { role, function: handle } = this.add<typeof RevokeSecurityGroupsEnvironmentSchema>('RevokeSecurityGroups', {
      stem: 'revoke-security-groups',
      description: 'cuts servers from the network',
      timeoutSeconds: 25,
      environment: { FUSE_TABLE_NAME: this.tableName, FUSE_QUARANTINE: this.props.quarantine.environmentValue },
    });
    this.grantCutting(role, [...revokeSecurityGroupsPermissions.plan, ...revokeSecurityGroupsPermissions.apply]);
    return handle;
  }

  private addAllHostWork(): Record<HostWorkId, IFunction> {
    const pairs = hostWorkIds.map((id) => [id, this.addHostWork(id)]);
    return Object.fromEntries(pairs) as Record<HostWorkId, IFunction>;
  }

  /** Work on the hosts. Each role may run its own document, and the one for Windows where there are two. */
  private addHostWork(id: HostWorkId): IFunction {
    const work: HostWorkProps = hostWork[id];
    const document = this.props.documents.get(work.document);
    const onWindows = this.props.documents.get(work.onWindows ?? work.document);
    const { role, function: handle } = this.add<typeof HostEnvironmentSchema>(id, {
      stem: work.facts.id,
      description: work.description,
      timeoutSeconds: work.timeoutSeconds,
      ...(work.facts.keepsAlive === true && { keepsAliveBy: document.name }),
      environment: {
        FUSE_TABLE_NAME: this.tableName,
        FUSE_DOCUMENT_NAME: document.name,
        FUSE_DOCUMENT_DIGEST: document.digest,
        FUSE_WINDOWS_DOCUMENT_NAME: onWindows.name,
        FUSE_WINDOWS_DOCUMENT_DIGEST: onWindows.digest,
      },
    });
    const permissions = [...work.facts.permissions.plan, ...work.facts.permissions.apply];
    // What is held open is not listed as cut.
    const lists = work.facts.keepsAlive === true ? [] : [auditKeys.cut];
    this.grantChanging(role, permissions, lists, document.name);
    if (work.onWindows !== undefined) {
      grantPermissions(role, permissions.filter(isOnDocument), { DocumentName: onWindows.name });
    }
    return handle;
  }

  /** Leads services to their standby. Its role reaches the resources that the policy names for it, and no other. */
  private addFailOver(): IFunction {
    const { role, function: handle } = this.add<typeof FailOverEnvironmentSchema>('FailOver', {
      stem: 'fail-over',
      description: 'leads a service to its standby',
      // Waits until the standby is seen to carry the service.
      timeoutSeconds: 170,
      environment: { FUSE_TABLE_NAME: this.tableName },
    });
    const { plan, apply } = this.failOverPermissions();
    this.grantCutting(role, [...plan, ...apply]);
    return handle;
  }

  private failOverPermissions(): ReturnType<typeof failOverPermissions> {
    return failOverPermissions(this.props.shared.policy.services.flatMap(({ failOver }) => failOver ?? []));
  }

  /** Puts a question to people and records the answer; it cuts nothing itself. */
  private addAskPerson(): IFunction {
    const { role, function: handle } = this.add<typeof AskPersonEnvironmentSchema>('AskPerson', {
      stem: 'ask-person',
      description: 'asks a person before a cut, and records the answer',
      timeoutSeconds: 25,
      environment: { FUSE_TABLE_NAME: this.tableName, FUSE_BUS_NAME: this.props.bus.eventBusName },
    });
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), 'question#*']);
    this.grantPublishing(role);
    return handle;
  }

  /** Also records events that were rejected before an incident was opened. */
  private addCloseIncident(): IFunction {
    const { role, function: handle } = this.add<typeof CloseIncidentEnvironmentSchema>('CloseIncident', {
      stem: 'close-incident',
      description: 'seals the audit of an incident and publishes its outcome',
      timeoutSeconds: 25,
      environment: { FUSE_TABLE_NAME: this.tableName, FUSE_BUS_NAME: this.props.bus.eventBusName },
    });
    this.props.auditTable.grantQuery(role);
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.server('*'), auditKeys.rejected('*')]);
    this.grantPublishing(role);
    return handle;
  }

  /**
   * The way back, and the only role that may authorise rules or strike servers off the list of what is cut. It gets the
   * undo half of every descriptor and none of the cutting half.
   */
  private addRestore(): IFunction {
    const { auditTable, bus, documents } = this.props;
    const undone = Object.values<HostWorkProps>(hostWork).flatMap(({ facts, undo }) =>
      undo === undefined ? [] : [{ facts, document: documents.get(undo) }],
    );
    const { role, function: handle } = this.add<typeof RestoreEnvironmentSchema>('Restore', {
      stem: 'restore',
      description: 'puts back what was cut',
      timeoutSeconds: 110,
      environment: {
        FUSE_TABLE_NAME: this.tableName,
        FUSE_BUS_NAME: bus.eventBusName,
        FUSE_UNDO_DOCUMENTS: Stack.of(this).toJsonString(
          Object.fromEntries(undone.map(({ facts, document }) => [facts.id, document])),
        ),
      },
    });
    auditTable.grantQuery(role);
    auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.rejected('*'), auditKeys.cut]);
    auditTable.grantClearCuts(role);
    grantPermissions(role, revokeSecurityGroupsPermissions.undo);
    grantPermissions(role, this.failOverPermissions().undo);
    for (const { facts, document } of undone) {
      grantPermissions(role, facts.permissions.undo, { DocumentName: document.name });
    }
    this.grantPublishing(role);
    return handle;
  }

  /**
   * Not on the cut path: it reads hosts by a document that changes nothing, and reports. A conflict has to end before it
   * can be a new one, so both stand in the audit table.
   */
  private addWatchTimeZones(): IFunction {
    const { auditTable, bus, documents } = this.props;
    const document = documents.get('DetectTimeZones');
    const { role, function: handle } = this.add<typeof WatchTimeZonesEnvironmentSchema>('WatchTimeZones', {
      stem: 'watch-time-zones',
      description: 'compares the time zones of logistics servers',
      timeoutSeconds: 85,
      environment: {
        FUSE_TABLE_NAME: this.tableName,
        FUSE_BUS_NAME: bus.eventBusName,
        FUSE_DOCUMENT_NAME: document.name,
        FUSE_DOCUMENT_DIGEST: document.digest,
      },
    });
    auditTable.grantQuery(role);
    auditTable.grantAppend(role, [auditKeys.watch('time-zones')]);
    grantPermissions(role, [...hostWorkPermissions.plan, ...hostWorkPermissions.apply], {
      DocumentName: document.name,
    });
    // As a sensor and as nothing else: outcomes are not its to tell.
    this.grantPublishing(role, { StringEquals: { 'events:source': sensorSource } });
    return handle;
  }

  private add<Schema extends z.ZodMiniType>(id: string, props: FunctionProps<Schema>): FuseFunction<Schema> {
    const { timeoutSeconds, keepsAliveBy, ...own } = props;
    const timeout = Duration.seconds(timeoutSeconds);
    const made = new FuseFunction<Schema>(this, id, { ...this.props.shared, ...own, timeout });
    this.deny(made.role, props.stem, keepsAliveBy);
    return made;
  }

  /** What no role may do, whatever else it is granted. Restore puts back what was cut, a lifeline's as well. */
  private deny(role: Role, stem: string, keepsAliveBy?: string): void {
    const isRestore = stem === 'restore';
    if (keepsAliveBy !== undefined) denyAllButKeepingAlive(role, [this.toDocumentArn(keepsAliveBy)]);
    else if (!isRestore) denyCuttingLifelines(role);
    denyTagging(role, { mayTagNewRules: isRestore });
    this.props.auditTable.denyRewriting(role, { mayClearCuts: isRestore, mayCount: stem === 'assess' });
  }

  private toDocumentArn(name: string): string {
    return Stack.of(this).formatArn({ service: 'ssm', resource: 'document', resourceName: name });
  }

  /** What every cut needs besides its own permissions: that of every change, and the list of what is cut. */
  private grantCutting(role: Role, permissions: readonly Permission[]): void {
    this.grantChanging(role, permissions, [auditKeys.cut]);
  }

  /** What every change needs: the mode, and its entries. */
  private grantChanging(
    role: Role,
    permissions: readonly Permission[],
    lists: readonly string[],
    documentName?: string,
  ): void {
    this.props.auditTable.grantReadMode(role);
    this.props.auditTable.grantQuery(role);
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), ...lists]);
    grantPermissions(role, permissions, documentName === undefined ? {} : { DocumentName: documentName });
  }

  private grantPublishing(role: Role, conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
    const statement = { actions: ['events:PutEvents'], resources: [this.props.bus.eventBusArn] };
    role.addToPrincipalPolicy(new PolicyStatement({ ...statement, ...(conditions && { conditions }) }));
  }
}

/** What differs from function to function. */
interface FunctionProps<Schema extends z.ZodMiniType> {
  readonly stem: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  /** Name of the document by which lifelines are kept alive. Default: the function never touches a lifeline. */
  readonly keepsAliveBy?: string;
  readonly environment: VariablesOf<Schema>;
}
