import type { ExecutionRecord } from '../../../../lab/services/step-functions/executions.ts';
import { invoke } from './build-service.ts';
import type { Bench } from './build-service.ts';

/** A Task that asks somebody and waits for the token to come back. */
export function ask(fields: object = {}): object {
  return {
    Type: 'Task',
    Resource: `${invoke}.waitForTaskToken`,
    Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
    End: true,
    ...fields,
  };
}

/** The first execution of the machine with this name. */
export function recorded({ service }: Bench, name = 'parent'): ExecutionRecord {
  const found = service.executions.find(({ machine }) => machine.name === name);
  if (found === undefined) throw new Error(`No execution of "${name}"`);
  return found;
}
