import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionHandles } from './fuse-functions.ts';
import { FuseWorkflow } from './fuse-workflow.ts';

export interface FuseWorkflowsProps {
  readonly functions: FunctionHandles;
  /** How long the logs are kept. */
  readonly retention: RetentionDays;
}

/** By name, as the alarms and the substitutions of the definitions have it. */
export type WorkflowHandles = Readonly<
  Record<
    'Respond' | 'Isolate' | 'CutByProfile' | 'FailOver' | 'HoldOpen' | 'LockBorder' | 'Approve' | 'Restore',
    FuseWorkflow
  >
>;

/** The flowchart, its phases, and the way back. What is named at each is all that its role may invoke or start. */
export class FuseWorkflows extends Construct {
  readonly handles: WorkflowHandles;

  constructor(scope: Construct, id: string, { functions, retention }: FuseWorkflowsProps) {
    super(scope, id);
    const { Assess, AskPerson, CloseIncident, ShedConnections } = functions;
    const [FailOverFunction, HoldOpenFunction] = [functions.FailOver, functions.HoldOpen];
    const { RevokeSecurityGroups, KillConnections, StopService, HoldTask, KillSessions, ResyncClock } = functions;
    const Restore = new FuseWorkflow(this, 'Restore', {
      definition: 'restore',
      functions: { Restore: functions.Restore },
      retention,
    });
    const Isolate = new FuseWorkflow(this, 'Isolate', {
      definition: 'isolate',
      functions: { RevokeSecurityGroups, KillConnections, FailOver: FailOverFunction },
      retention,
    });
    const CutByProfile = new FuseWorkflow(this, 'CutByProfile', {
      definition: 'cut-by-profile',
      functions: { StopService, KillConnections, HoldTask, KillSessions, ResyncClock },
      children: { Restore },
      retention,
    });
    const Approve = new FuseWorkflow(this, 'Approve', {
      definition: 'approve',
      functions: { AskPerson, CloseIncident },
      children: { Isolate, CutByProfile },
      retention,
    });
    const FailOver = new FuseWorkflow(this, 'FailOver', {
      definition: 'fail-over',
      functions: { FailOver: FailOverFunction },
      children: { Isolate, CutByProfile },
      successors: { Approve },
      retention,
    });
    const HoldOpen = new FuseWorkflow(this, 'HoldOpen', {
      definition: 'hold-open',
      functions: { HoldOpen: HoldOpenFunction },
      successors: { Approve },
      retention,
    });
    const LockBorder = new FuseWorkflow(this, 'LockBorder', {
      definition: 'lock-border',
      functions: { RevokeSecurityGroups, KillConnections },
      retention,
    });
    const Respond = new FuseWorkflow(this, 'Respond', {
      definition: 'respond',
      functions: { Assess, ShedConnections, CloseIncident },
      children: { Isolate, CutByProfile, FailOver, HoldOpen, LockBorder },
      successors: { Approve },
      retention,
    });
    this.handles = { Respond, Isolate, CutByProfile, FailOver, HoldOpen, LockBorder, Approve, Restore };
  }
}
