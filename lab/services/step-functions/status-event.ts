import type { EventSeed } from '../events/event.ts';
import type { ExecutionRecord } from './executions.ts';

/** The event Step Functions sends to the default bus whenever an execution starts or ends. */
export function toStatusEvent(record: ExecutionRecord): EventSeed {
  const { arn, name, machine, status, startedAt, stoppedAt, input, output, error, cause } = record;
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machine.arn,
      name,
      status,
      startDate: startedAt.getTime(),
      stopDate: stoppedAt?.getTime() ?? null,
      input,
      output: output ?? null,
      inputDetails: { included: true },
      outputDetails: output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus:
        status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED' ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      redriveStatusReason: null,
    },
  };
}
