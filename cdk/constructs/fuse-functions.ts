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
import type { HandOverEnvironmentSchema } from '../../lambdas/hand-over/environment.ts';
import type { RestoreEnvironmentSchema } from '../../lambdas/restore/environment.ts';
import type { CloseIncidentEnvironmentSchema } from '../../lambdas/close-incident/environment.ts';
import { revokeSecurityGroupsPermissions } from '../../lambdas/shared/actions/revoke-security-groups/permissions.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { grantPermissions } from './action-grants.ts';
import type { AuditTable } from './audit-table.ts';
import { denyCuttingLifelines, denyTagging } from './denials.ts';
import { FuseFunction, type SharedFunctionProps, type VariablesOf } from './fuse-function.ts';
import type { HostDocuments } from './host-documents.ts';
import { hostWork, hostWorkIds, type HostWorkId, type HostWorkProps } from './host-work.ts';
import type { QuarantineGroups } from './quarantine-groups.ts';

export interface FuseFunctionsProps {
  readonly auditTable: AuditTable;
  /** Outcomes are published here. */
  readonly bus: IEventBus;
  readonly documents: HostDocuments;
  readonly quarantine: QuarantineGroups;
  /** What every function gets. */
  readonly shared: SharedFunctionProps;
}

/** The functions by their construct ids. A type, so that it can also be read as a record. */
export type FunctionHandles = {
  readonly Assess: IFunction;
  readonly RevokeSecurityGroups: IFunction;
  readonly HandOver: IFunction;
  readonly AskPerson: IFunction;
  readonly CloseIncident: IFunction;
  readonly Restore: IFunction;
} & Readonly<Record<HostWorkId, IFunction>>;

/** The functions, each with its own role and what that one needs. Only `restore` may open anything. */
export class FuseFunctions extends Construct {
  readonly handles: FunctionHandles;
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
      HandOver: this.addHandOver(),
      AskPerson: this.addAskPerson(),
      CloseIncident: this.addCloseIncident(),
      Restore: this.addRestore(),
    };
  }

  /** First on the cut path: opens the incident, points to it from servers and execution, and changes nothing else. */
  private addAssess(): IFunction {
    const { role, function: handle } = this.add<typeof AssessEnvironmentSchema>('Assess', {
      stem: 'assess',
      description: 'turns an event into answers and cohorts',
      timeoutSeconds: 12,
      environment: { FUSE_TABLE_NAME: this.tableName, FUSE_ACCOUNT_ID: Stack.of(this).account },
    });
    this.props.auditTable.grantQuery(role);
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.server('*'), auditKeys.execution('*')]);
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
      environment: {
        FUSE_TABLE_NAME: this.tableName,
        FUSE_DOCUMENT_NAME: document.name,
        FUSE_DOCUMENT_DIGEST: document.digest,
        FUSE_WINDOWS_DOCUMENT_NAME: onWindows.name,
        FUSE_WINDOWS_DOCUMENT_DIGEST: onWindows.digest,
      },
    });
    const permissions = [...work.facts.permissions.plan, ...work.facts.permissions.apply];
    this.grantCutting(role, permissions, document.name);
    if (work.onWindows !== undefined) {
      grantPermissions(role, permissions.filter(isOnDocument), { DocumentName: onWindows.name });
    }
    return handle;
  }

  /** Writes down what a person has to do; reaches nothing but the audit. */
  private addHandOver(): IFunction {
    const { role, function: handle } = this.add<typeof HandOverEnvironmentSchema>('HandOver', {
      stem: 'hand-over',
      description: 'asks a person where the fuse must not or cannot act',
      timeoutSeconds: 25,
      environment: { FUSE_TABLE_NAME: this.tableName },
    });
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*')]);
    return handle;
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
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.rejected('*')]);
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
    for (const { facts, document } of undone) {
      grantPermissions(role, facts.permissions.undo, { DocumentName: document.name });
    }
    this.grantPublishing(role);
    return handle;
  }

  private add<Schema extends z.ZodMiniType>(id: string, props: FunctionProps<Schema>): FuseFunction<Schema> {
    const { timeoutSeconds, ...own } = props;
    const timeout = Duration.seconds(timeoutSeconds);
    const made = new FuseFunction<Schema>(this, id, { ...this.props.shared, ...own, timeout });
    this.deny(made.role, props.stem);
    return made;
  }

  /** What no role may do, whatever else it is granted. Restore puts back what was cut, a lifeline's as well. */
  private deny(role: Role, stem: string): void {
    const isRestore = stem === 'restore';
    if (!isRestore) denyCuttingLifelines(role);
    denyTagging(role, { mayTagNewRules: isRestore });
    this.props.auditTable.denyRewriting(role, { mayClearCuts: isRestore, mayCount: stem === 'assess' });
  }

  /** What every cut needs besides its own permissions: the mode, its entries, and the list of what is cut. */
  private grantCutting(role: Role, permissions: readonly Permission[], documentName?: string): void {
    this.props.auditTable.grantReadMode(role);
    this.props.auditTable.grantQuery(role);
    this.props.auditTable.grantAppend(role, [auditKeys.incident('*'), auditKeys.cut]);
    grantPermissions(role, permissions, documentName === undefined ? {} : { DocumentName: documentName });
  }

  private grantPublishing(role: Role): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [this.props.bus.eventBusArn] }),
    );
  }
}

/** Only what names a document differs from one document to the next. */
function isOnDocument({ resources }: Permission): boolean {
  return resources.some((resource) => resource.includes('${DocumentName}'));
}

/** What `assess` reads besides the audit table. */
const assessPermissions: readonly Permission[] = [
  {
    actions: ['cloudwatch:DescribeAlarms', 'ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces'],
    resources: ['*'],
    reason: 'The servers and alarms that an event names; these calls know no resources in IAM',
  },
];

/** What differs from function to function. */
interface FunctionProps<Schema extends z.ZodMiniType> {
  readonly stem: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly environment: VariablesOf<Schema>;
}
