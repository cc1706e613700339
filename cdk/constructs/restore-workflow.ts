import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionHandles } from './fuse-functions.ts';
import { FuseWorkflow } from './fuse-workflow.ts';

export interface RestoreWorkflowProps {
  readonly functions: Pick<FunctionHandles, 'Restore'>;
  /** How long its log is kept. */
  readonly retention: RetentionDays;
}

/** The way back: `statemachines/restore.asl.json`, wired to its function. */
export class RestoreWorkflow extends FuseWorkflow {
  constructor(scope: Construct, id: string, { functions, retention }: RestoreWorkflowProps) {
    super(scope, id, { definition: 'restore', functions: { Restore: functions.Restore }, retention });
  }
}
