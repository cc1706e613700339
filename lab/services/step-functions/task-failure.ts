import { StateFailure } from '../../asl/failure.ts';
import type { TaskRequest } from '../../asl/run.ts';
import { ServiceError } from '../wire/service-error.ts';

/** Service errors reach a catcher as `Service.CodeException`; the suffix is there once. */
export async function renamed<Result>(
  prefix: string,
  run: () => Promise<Result>,
  describe: (error: ServiceError, code: string) => string = ({ message }) => message,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const code = error.code.replace(/^.*#/, '');
    throw toTaskError(`${prefix}.${code.endsWith('Exception') ? code : `${code}Exception`}`, describe(error, code));
  }
}

/** The failure of a task, by the name a catcher sees. */
export function toTaskError(error: string, cause: string): StateFailure {
  return new StateFailure({ error, cause });
}

/** A machine calls in its own name; its role is found by its ARN. */
export function callerOf({ context }: TaskRequest): string {
  return (context.StateMachine as { readonly Id: string }).Id;
}
