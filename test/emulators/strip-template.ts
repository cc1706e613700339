import { isRecord } from '../../lambdas/shared/record.ts';

/** A resource of the template as CDK wrote it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly [section: string]: unknown;
}

/** Why a resource is taken out of the template for this target; null for one that stays. */
export function whyStripped({ Type, Properties = {} }: TemplateResource): string | null {
  switch (Type) {
    case 'AWS::SSM::Document':
      return 'ministack does not know the type and would roll the whole stack back; made in moto by CreateDocument';
    case 'AWS::SSM::Association':
      return 'neither ministack nor moto knows it; there are no agents that would run it';
    case 'AWS::EC2::SecurityGroup':
      return "the functions' EC2 is moto, which must hold the groups; made there by API";
    case 'AWS::CloudWatch::Alarm':
      return Properties['Metrics'] === undefined ? null : 'ministack refuses alarms on metric math';
    default:
      return null;
  }
}

/** What stands in the template for a stripped resource: the value of `Ref` and of `Fn::GetAtt`. */
export interface StandIn {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The resources that are taken out, by logical id. */
export function findStripped({ Resources }: Template): readonly (readonly [string, TemplateResource])[] {
  return Object.entries(Resources).filter(([, resource]) => whyStripped(resource) !== null);
}

/**
 * The template without the stripped resources; whatever named one names its stand-in by value. All else is untouched. A
 * reference without stand-in is an error: nothing is left out in silence.
 */
export function stripTemplate(template: Template, standIns: Readonly<Record<string, StandIn>>): Template {
  const stripped = new Set(findStripped(template).map(([id]) => id));
  const kept = Object.entries(template.Resources).filter(([id]) => !stripped.has(id));
  const resources = kept.map(([id, resource]) => [id, withoutDependsOn(resource, stripped)] as const);
  const rest = { ...template, Resources: Object.fromEntries(resources) };
  return replaceReferences(rest, stripped, standIns) as Template;
}

function withoutDependsOn(resource: TemplateResource, stripped: ReadonlySet<string>): TemplateResource {
  if (resource.DependsOn === undefined) return resource;
  const { DependsOn, ...rest } = resource;
  const kept = [DependsOn].flat().filter((id) => !stripped.has(id));
  return kept.length === 0 ? rest : { ...rest, DependsOn: kept };
}

function replaceReferences(
  value: unknown,
  stripped: ReadonlySet<string>,
  standIns: Readonly<Record<string, StandIn>>,
): unknown {
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, stripped, standIns));
  if (!isRecord(value)) return value;
  const [key, argument] = Object.entries(value)[0] ?? [];
  if (key === 'Ref' && typeof argument === 'string' && stripped.has(argument)) {
    return demand(standIns[argument]?.ref, argument);
  }
  if (key === 'Fn::GetAtt' && Array.isArray(argument) && stripped.has(String(argument[0]))) {
    const [id, attribute] = argument.map(String);
    return demand(standIns[id ?? '']?.attributes[attribute ?? ''], `${id}.${attribute}`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, replaceReferences(part, stripped, standIns)]),
  );
}

function demand(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new Error(`Template not prepared: "${name}" was taken out and is named elsewhere; a stand-in is wanted`);
}
