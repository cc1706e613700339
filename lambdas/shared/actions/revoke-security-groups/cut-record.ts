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

/** A deny of one address in a network ACL; `ruleNumber` is null where there was none before. */
export const EntryRecordSchema = z.object({
  kind: z.literal('acl-entry'),
  aclId: z.string(),
  isEgress: z.boolean(),
  cidr: z.string(),
  ruleNumber: z.nullable(z.number()),
});

/** A subnet with the network ACL at its edge. The association's id is another one after every change. */
export const SubnetRecordSchema = z.object({
  kind: z.literal('subnet'),
  aclId: z.string(),
  associationId: z.string(),
  vpcId: z.string(),
});

const BeforeSchema = z.discriminatedUnion('kind', [
  InterfaceRecordSchema,
  RuleRecordSchema,
  EntryRecordSchema,
  SubnetRecordSchema,
]);
const IntendedSchema = z.object({
  groups: z._default(z.array(z.string()), []),
  ruleNumber: z._default(z.number(), 0),
  aclId: z._default(z.string(), ''),
});

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

/** The deny of an address in a network ACL, read back from its record. */
export interface EntryChange {
  readonly target: string;
  readonly before: z.infer<typeof EntryRecordSchema>;
  readonly ruleNumber: number;
}

/** Another network ACL for a whole subnet, read back from its record. */
export interface SubnetChange {
  readonly target: string;
  readonly before: z.infer<typeof SubnetRecordSchema>;
  readonly aclId: string;
}

/** The changes of a cut by their shapes. */
export interface CutChanges {
  readonly interfaces: readonly InterfaceChange[];
  readonly rules: readonly RuleChange[];
  readonly entries: readonly EntryChange[];
  readonly subnets: readonly SubnetChange[];
}

/** Sorts changes by their shape; throws LookupFailedError on a record that is none of them. */
export function readChanges(changes: readonly Change[]): CutChanges {
  const read = changes.map(({ target, before, intended }) => {
    const parsed = z.safeParse(BeforeSchema, before);
    const aim = z.safeParse(IntendedSchema, intended);
    if (parsed.success && aim.success) return { target, before: parsed.data, aim: aim.data };
    throw new LookupFailedError(`Change of "${target}" not understood: malformed`);
  });
  return {
    interfaces: read.flatMap(({ target, before, aim }) =>
      before.kind === 'interface' ? [{ target, before, intended: aim.groups }] : [],
    ),
    rules: read.flatMap(({ target, before }) => (before.kind === 'rule' ? [{ target, before }] : [])),
    entries: read.flatMap(({ target, before, aim }) =>
      before.kind === 'acl-entry' ? [{ target, before, ruleNumber: aim.ruleNumber }] : [],
    ),
    subnets: read.flatMap(({ target, before, aim }) =>
      before.kind === 'subnet' ? [{ target, before, aclId: aim.aclId }] : [],
    ),
  };
}

/** True when both list the same groups; their order carries no meaning. */
export function isSameGroups(left: readonly string[], right: readonly string[]): boolean {
  const wanted = new Set(right);
  return wanted.size === new Set(left).size && left.every((group) => wanted.has(group));
}
