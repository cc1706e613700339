import { LabSetupError } from '../services/setup-error.ts';
import type { Resolver } from './resolve.ts';
import type { Template } from './template.ts';

/** One statement of a policy, resolved. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** Everything that says what a role may do. */
export interface RolePolicies {
  readonly roleLogicalId: string;
  readonly statements: readonly PolicyStatement[];
  /** ARNs of AWS's own managed policies, whose text the lab does not have. */
  readonly awsManagedPolicyArns: readonly string[];
  readonly permissionsBoundaryArn: string | undefined;
}

interface PolicyDocument {
  readonly Statement?: PolicyStatement | readonly PolicyStatement[];
}

type Properties = Readonly<Record<string, unknown>>;

/** Collects a role's statements: its inline policies, policies attached to it, and managed policies of the stack. */
export function readRolePolicies(template: Template, resolver: Resolver, roleLogicalId: string): RolePolicies {
  const role = template.Resources[roleLogicalId];
  if (role?.Type !== 'AWS::IAM::Role')
    throw new LabSetupError(`Could not read policies: '${roleLogicalId}' is no role of the stack`);
  const properties = resolver.resolve(role.Properties ?? {}) as Properties;
  const roleName = resolver.identityOf(roleLogicalId).ref;
  const managedArns = (properties.ManagedPolicyArns ?? []) as readonly string[];
  const inline = (properties.Policies ?? []) as readonly { readonly PolicyDocument?: PolicyDocument }[];
  const attached = listPolicies(template, resolver).filter(
    ({ arn, roles }) => roles.includes(roleName) || (arn !== undefined && managedArns.includes(arn)),
  );
  const documents = [
    ...inline.map(({ PolicyDocument: document }) => document),
    ...attached.map(({ document }) => document),
  ];
  return {
    roleLogicalId,
    statements: documents.flatMap((document) => [document?.Statement ?? []].flat() as readonly PolicyStatement[]),
    awsManagedPolicyArns: managedArns.filter((arn) => arn.includes(':iam::aws:policy/')),
    permissionsBoundaryArn: properties.PermissionsBoundary as string | undefined,
  };
}

/** A policy that stands beside its roles in the template. */
interface AttachedPolicy {
  /** Managed policies only. */
  readonly arn: string | undefined;
  readonly roles: readonly string[];
  readonly document: PolicyDocument | undefined;
}

/** Every policy resource of the stack with the roles it names. */
function listPolicies(template: Template, resolver: Resolver): readonly AttachedPolicy[] {
  return Object.entries(template.Resources)
    .filter(
      ([, { Type, Condition }]) =>
        Type.startsWith('AWS::IAM::') && Type.endsWith('Policy') && resolver.holds(Condition),
    )
    .map(([logicalId, { Type, Properties: raw }]) => {
      const properties = resolver.resolve(raw ?? {}) as Properties;
      return {
        arn: Type === 'AWS::IAM::ManagedPolicy' ? resolver.identityOf(logicalId).ref : undefined,
        roles: (properties.Roles ?? []) as readonly string[],
        document: properties.PolicyDocument as PolicyDocument | undefined,
      };
    });
}

/** The logical id of the role a function or state machine runs in. */
export function findRole(template: Template, logicalId: string): string {
  const properties = template.Resources[logicalId]?.Properties;
  const role = (properties?.Role ?? properties?.RoleArn) as { readonly 'Fn::GetAtt'?: readonly string[] } | undefined;
  const [roleLogicalId] = role?.['Fn::GetAtt'] ?? [];
  if (roleLogicalId !== undefined) return roleLogicalId;
  throw new LabSetupError(`Could not find the role of '${logicalId}': it is not a role of the stack`);
}
