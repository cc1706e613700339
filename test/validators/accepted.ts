import type { Excepted, Finding } from './check.ts';

/** A linter that reads from a resource's `Metadata` what is accepted there. */
export type TemplateLinter = 'cfn-lint' | 'checkov';

/** A finding by the resource it is about. */
export interface ResourceFinding {
  readonly logicalId: string;
  readonly rule: string;
}

/** A finding that the template itself accepts, with its reason. */
export interface Accepted extends ResourceFinding {
  readonly reason: string;
}

/** Shorter ones say nothing. */
const fewestCharacters = 30;

interface LinterMetadata {
  readonly 'cfn-lint'?: {
    readonly config?: { readonly ignore_checks?: readonly string[] };
    readonly reasons?: Readonly<Record<string, string>>;
  };
  readonly checkov?: { readonly skip?: readonly { readonly id: string; readonly comment?: string }[] };
}

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Metadata?: LinterMetadata }>>;
}

/** Lists what a linter is told to accept, resource by resource. */
export function listAccepted(template: Template, linter: TemplateLinter): Accepted[] {
  return Object.entries(template.Resources).flatMap(([logicalId, { Metadata = {} }]) => {
    if (linter === 'checkov') {
      return (Metadata.checkov?.skip ?? []).map(({ id, comment = '' }) => ({ logicalId, rule: id, reason: comment }));
    }
    const { config, reasons = {} } = Metadata['cfn-lint'] ?? {};
    return (config?.ignore_checks ?? []).map((rule) => ({ logicalId, rule, reason: reasons[rule] ?? '' }));
  });
}

/** The template without what its resources accept: a linter tells all it finds there. */
export function bareTemplate<Given extends Template>(template: Given): Given {
  const bare = structuredClone(template);
  for (const { Metadata } of Object.values(bare.Resources)) {
    for (const linter of ['cfn-lint', 'checkov'] as const)
      if (Metadata !== undefined) Reflect.deleteProperty(Metadata, linter);
  }
  return bare;
}

/** Compares what is accepted with what is found without it: what covers nothing or gives no reason is a finding. */
export function judgeAccepted(accepted: readonly Accepted[], bare: readonly ResourceFinding[]): Finding[] {
  const found = new Set(bare.map(keyOf));
  return accepted.flatMap((entry) => [
    ...(found.has(keyOf(entry)) ? [] : [complain('unused-exception', entry, 'covers nothing any more: take it away')]),
    ...(entry.reason.length >= fewestCharacters ? [] : [complain('no-reason', entry, 'is accepted without a reason')]),
  ]);
}

/** Counts what is accepted, by rule and reason. */
export function countAccepted(accepted: readonly Accepted[]): Excepted[] {
  const groups = Map.groupBy(accepted, ({ rule, reason }) => JSON.stringify([rule, reason]));
  return [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map(({ rule, reason }) => ({ rule, count: group.length, reason })),
  );
}

function keyOf({ logicalId, rule }: ResourceFinding): string {
  return `${logicalId} ${rule}`;
}

function complain(rule: string, { logicalId, rule: accepted }: ResourceFinding, words: string): Finding {
  return { rule, where: `Resources/${logicalId}/Metadata`, message: `${accepted} ${words}` };
}
