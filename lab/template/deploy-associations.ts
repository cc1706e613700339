import * as z from 'zod/mini';
import type { Association } from '../services/ssm/association.ts';
import { readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const associationSchema = z.strictObject({
  Name: z.string(),
  AssociationName: z.optional(z.string()),
  Targets: z.array(z.strictObject({ Key: z.string(), Values: z.array(z.string()) })),
  Parameters: z._default(z.record(z.string(), z.array(z.string())), {}),
  ScheduleExpression: z.optional(z.string()),
});

/** Reads what a document is to run on; how fast, and what it may miss, the lab does not know and refuses. */
export function toAssociation(resource: ResolvedResource): Association {
  const { Name, AssociationName, Targets, Parameters, ScheduleExpression } = readProperties(
    associationSchema,
    resource,
  );
  return {
    name: Name,
    associationName: AssociationName,
    targets: Targets.map(({ Key, Values }) => ({ key: Key, values: Values })),
    parameters: Parameters,
    scheduleExpression: ScheduleExpression,
  };
}
