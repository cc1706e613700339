import { StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { codeOf } from '../shared/clients/aws-errors.ts';
import type { RestoreRequest } from '../shared/contracts/restoring.ts';
import type { LockStart } from '../shared/reviews/to-start.ts';

/** The two machines that act for a review. */
export interface Machines {
  lock(start: LockStart): Promise<void>;
  unlock(request: RestoreRequest & { readonly incidentId: string }, attempt: number): Promise<void>;
}

/** Executions are named by what they are for, so that a call that is made twice starts once. */
export function startMachines(sfn: SFNClient, arns: Readonly<Record<'respond' | 'restore', string>>): Machines {
  const start = async (stateMachineArn: string, name: string, input: unknown): Promise<void> => {
    try {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    } catch (error) {
      // An earlier try of the same call got through.
      if (codeOf(error) !== 'ExecutionAlreadyExists') throw error;
    }
  };
  return {
    lock: async ({ incidentId, input }) => start(arns.respond, `review-${incidentId}`, input),
    unlock: async (request, attempt) => start(arns.restore, `unlock-${request.incidentId}-${attempt}`, request),
  };
}
