import type * as z from 'zod/mini';
import { STATES_ERRORS, StateFailure } from '../../asl/failure.ts';
import { isJsonObject } from '../../asl/json.ts';
import type { Json } from '../../asl/json.ts';
import type { TaskRequest } from '../../asl/run.ts';

/** Reads what an integration is called with. Wrong Arguments fail the execution: as on AWS no Catch of the machine takes that. */
export function readArguments<Schema extends z.ZodMiniType>(schema: Schema, request: TaskRequest): z.output<Schema> {
  const parsed = schema.safeParse(request.arguments);
  if (parsed.success) return parsed.data;
  const { State } = request.context as { readonly State: { readonly Name: string } };
  const complaint = describeIssue(parsed.error.issues[0], request.arguments);
  const where = `An error occurred while executing the state '${State.Name}'.`;
  throw new StateFailure({
    error: STATES_ERRORS.runtime,
    cause: `${where} The Arguments '${JSON.stringify(request.arguments)}' could not be used to start the Task: [${complaint}]`,
  });
}

function describeIssue(issue: z.core.$ZodIssue | undefined, given: Json): string {
  if (issue?.code === 'unrecognized_keys') return `The field '${issue.keys[0]}' is not supported here`;
  const field = issue?.path.map(String).join('.') ?? '';
  if (!isJsonObject(given)) return 'They must be an OBJECT';
  return Object.hasOwn(given, field)
    ? `The value for the field '${field}' must be a STRING`
    : `The field '${field}' is required but was missing`;
}
