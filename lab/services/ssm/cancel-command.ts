import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import { toUnstartedStep } from './invocation.ts';
import type { Invocation } from './invocation.ts';
import type { SsmDesk } from './ssm-desk.ts';

const input = z.strictObject({ CommandId: z.string(), InstanceIds: z.optional(z.array(z.string())) });

/**
 * Cancels what has not reached its server. A script that already runs is only asked: AWS does not promise that it ends,
 * so in the lab it runs on and its own ending counts.
 */
export function cancelCommand(desk: SsmDesk): Operation {
  return defineOperation(input, ({ CommandId, InstanceIds }) => {
    const invocations = [...desk.invocations.values()].filter(({ commandId }) => commandId === CommandId);
    if (invocations.length === 0) {
      throw new ServiceError('InvalidCommandId', `Command '${CommandId}' does not exist`);
    }
    const stray = InstanceIds?.find((id) => invocations.every(({ instanceId }) => instanceId !== id));
    if (stray !== undefined) throw new ServiceError('InvalidInstanceId', `'${stray}' is not in command '${CommandId}'`);
    for (const invocation of invocations) {
      if (InstanceIds?.includes(invocation.instanceId) ?? true) cancel(desk, invocation);
    }
  });
}

function cancel(desk: SsmDesk, invocation: Invocation): void {
  if (invocation.status !== 'Pending' && invocation.status !== 'InProgress') return;
  if (invocation.isRunning) {
    invocation.status = 'Cancelling';
    invocation.statusDetails = 'Cancelling';
    return;
  }
  const steps = invocation.document.content.mainSteps.slice(0, 1);
  desk.settle(
    invocation,
    'Cancelled',
    'Cancelled',
    steps.map((step) => toUnstartedStep(step, 'Cancelled', 'Cancelled')),
  );
}
