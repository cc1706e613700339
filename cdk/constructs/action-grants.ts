import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Permission } from '../../lambdas/shared/actions/action.ts';

/** Values for the placeholders in a permission's resources that the stack itself does not know. */
export type Placeholders = Readonly<Record<string, string>>;

/** Grants exactly what a descriptor asks for; a resource with a wildcard is acknowledged with the descriptor's reason. */
export function grantPermissions(
  role: Role,
  permissions: readonly Permission[],
  placeholders: Placeholders = {},
): void {
  const { partition, region, account } = Stack.of(role);
  const values = { Partition: partition, Region: region, Account: account, ...placeholders };
  for (const { actions, resources: templates, conditions, reason } of permissions) {
    const resources = templates.map((template) => fillIn(template, values));
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: [...actions], resources, ...(conditions && { conditions }) }),
    );
    for (const resource of resources.filter((each) => each.includes('*'))) {
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${nameInFinding(role, resource)}]`, reason });
    }
  }
}

/** A placeholder that nobody fills would be granted as it stands and never match: synth must stop instead. */
function fillIn(template: string, values: Placeholders): string {
  return template.replaceAll(/\$\{(\w+)\}/g, (_placeholder, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new TypeError(`Permission on "${template}" not granted: nothing is known to fill in for "${name}"`);
  });
}

/** The resource as cdk-nag names it in a finding: `arn:<AWS::Partition>:ec2:…`. */
export function nameInFinding(scope: IConstruct, resource: string): string {
  const resolved: unknown = Stack.of(scope).resolve(resource);
  if (typeof resolved === 'string') return resolved;
  const { 'Fn::Join': join } = resolved as { 'Fn::Join'?: [string, Part[]] };
  const parts = join?.[1] ?? [];
  return parts.map(nameOfPart).join('');
}

type Part = string | { readonly Ref: string } | { readonly 'Fn::GetAtt': readonly [string, string] };

function nameOfPart(part: Part): string {
  if (typeof part === 'string') return part;
  return 'Ref' in part ? `<${part.Ref}>` : `<${part['Fn::GetAtt'].join('.')}>`;
}

/** Only what names a document differs from one document to the next. */
export function isOnDocument({ resources }: Permission): boolean {
  return resources.some((resource) => resource.includes('${DocumentName}'));
}
