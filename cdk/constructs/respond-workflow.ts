import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionHandles } from './fuse-functions.ts';
import { FuseWorkflow } from './fuse-workflow.ts';

export interface RespondWorkflowProps {
  readonly functions: Omit<FunctionHandles, 'Restore'>;
  /** How long its log is kept. */
  readonly retention: RetentionDays;
}

/** The flowchart: `statemachines/respond.asl.json`, wired to its functions. */
export class RespondWorkflow extends FuseWorkflow {
  constructor(scope: Construct, id: string, { functions, retention }: RespondWorkflowProps) {
    // Named one by one: what stands here is what the role may invoke.
    const { Assess, RevokeSecurityGroups, KillConnections, HandOver, CloseIncident } = functions;
    super(scope, id, {
      definition: 'respond',
      functions: { Assess, RevokeSecurityGroups, KillConnections, HandOver, CloseIncident },
      retention,
    });
  }
}
