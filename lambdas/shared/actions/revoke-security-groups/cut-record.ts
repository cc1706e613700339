import * as z from 'zod/mini';
import { LookupFailedError } from '../../errors.ts';
import type { Change } from '../action.ts';

/** An interface as it was before the cut, and the groups it gets. */
export const InterfaceRecordSchema = z.object({
  kind: z.literal('interface'),
  groups: z.array(z.string()),
  vpcId: z.string(),
  deviceIndex: z.nullable(z.number()),
  networkCardIndex: z.nullable(z.number()),
});

const SourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cidr'), cidr: z.string() }),
  z.object({ kind: z.literal('prefix-list'), id: z.string() }),
  z.object({ kind: z.literal('group'), id: z.string(), userId: z.nullable(z.string()) }),
]);

/** A whole rule, so that it can be made again: the new one differs in its id only. */
export const RuleRecordSchema = z.object({
  kind: z.literal('rule'),
  id: z.string(),
  groupId: z.string(),
  isEgress: z.boolean(),
  protocol: z.string(),
  fromPort: z.number(),
  toPort: z.number(),
  source: SourceSchema,
  description: z.nullable(z.string()),
  tags: z.record(z.string(), z.string()),
});

const BeforeSchema = z.discriminatedUnion('kind', [InterfaceRecordSchema, RuleRecordSchema]);
const IntendedSchema = z.object({ groups: z._default(z.array(z.string()), []) });

/** A change of an interface's groups, read back from its record. */
export interface InterfaceChange {
  readonly target: string;
  readonly before: z.infer<typeof InterfaceRecordSchema>;
  readonly intended: readonly string[];
}

/** The revocation of a rule, read back from its record. */
export interface RuleChange {
  readonly target: string;
  readonly before: z.infer<typeof RuleRecordSchema>;
}

/** Sorts changes by their shape; throws LookupFailedError on a record that is neither. */
export function readChanges(changes: readonly Change[]): { interfaces: InterfaceChange[]; rules: RuleChange[] } {
  const interfaces: InterfaceChange[] = [];
  const rules: RuleChange[] = [];
  for (const { target, before, intended } of changes) {
    const parsed = z.safeParse(BeforeSchema, before);
    const aim = z.safeParse(IntendedSchema, intended);
    if (!parsed.success || !aim.success) throw new LookupFailedError(`Change of "${target}" not understood: malformed`);
    if (parsed.data.kind === 'rule') rules.push({ target, before: parsed.data });
    else interfaces.push({ target, before: parsed.data, intended: aim.data.groups });
  }
  return { interfaces, rules };
}

/** True when both list the same groups; their order carries no meaning. */
export function isSameGroups(left: readonly string[], right: readonly string[]): boolean {
  const wanted = new Set(right);
  return wanted.size === new Set(left).size && left.every((group) => wanted.has(group));
}
