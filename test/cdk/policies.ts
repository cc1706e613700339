import { resourcesOf, type CloudFormationTemplate, type Json } from './synthesise.ts';

/** One statement of a role's policy, its lists always lists. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Json;
}

/** Every role by its name in the tree, for example `Assess` or `Respond`, with its statements. */
export function rolesOf(template: CloudFormationTemplate): Map<string, Statement[]> {
  return new Map(
    resourcesOf(template, 'AWS::IAM::Policy').map(({ id, Properties }) => [
      nameOf(id),
      Properties.PolicyDocument.Statement.map(toStatement),
    ]),
  );
}

/** The statements of the functions' roles only. */
export function functionRolesOf(template: CloudFormationTemplate): Map<string, Statement[]> {
  return new Map([...rolesOf(template)].filter(([name]) => !/StateMachine|Publisher/.test(name)));
}

function nameOf(policyId: string): string {
  return policyId
    .replace(/DefaultPolicy[0-9A-F]{8}$/, '')
    .replace(/^Fuse(Functions)?/, '')
    .replace(/Role$/, '');
}

function toStatement(statement: Json): Statement {
  const list = (value: Json = []): string[] => [value].flat().map(show);
  const { Action, Resource, NotResource } = statement;
  return {
    ...statement,
    Action: [Action].flat(),
    Resource: list(Resource),
    ...(NotResource !== undefined && { NotResource: list(NotResource) }),
  };
}

/** A resource as a reader would write it: references by the id of what they refer to, without its hash. */
export function show(value: Json): string {
  if (typeof value === 'string') return value;
  if (value.Ref !== undefined) return `<${bare(value.Ref)}>`;
  if (value['Fn::GetAtt'] !== undefined) return `<${bare(value['Fn::GetAtt'][0])}>`;
  return value['Fn::Join'][1].map(show).join('');
}

function bare(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '').replace(/^Fuse/, '');
}
