import type { TaskHandler, TaskRequest } from '../../../lab/asl/run.ts';

/** A definition or a part of one, open to any change a test makes. */
export type Definition = Record<string, unknown>;

export const INVOKE = 'arn:aws:states:::lambda:invoke';
export const CALLBACK = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';

/** A machine with these states that starts at the first. */
export function buildMachine(states: Record<string, Definition>, head: Definition = {}): Definition {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...head };
}

/** A Task that ends the machine, unless `fields` say otherwise. */
export function buildTask(fields: Definition = {}): Definition {
  return { Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'f' }, End: true, ...fields };
}

/** A branch or processor with these states. */
export function buildWorkflow(states: Record<string, Definition>): Definition {
  return { StartAt: Object.keys(states)[0], States: states };
}

/** An error that a handler throws for the service to report. */
export function failWith(name: string, cause = 'because'): Error {
  return Object.assign(new Error(cause), { name });
}

/** A handler that answers or throws its steps in turn and repeats the last one; `calls` collects the requests. */
export function script(steps: readonly unknown[], calls: TaskRequest[] = []): Record<string, TaskHandler> {
  const handler: TaskHandler = async (request) => {
    const step = steps[Math.min(calls.length, steps.length - 1)];
    calls.push(request);
    if (step instanceof Error) throw step;
    return step;
  };
  return { [INVOKE]: handler };
}

/** A handler that never answers. */
export const silent: TaskHandler = () => new Promise(() => undefined);
