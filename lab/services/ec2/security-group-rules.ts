import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import { findGroup, findRule } from './find.ts';
import type { RuleSpec, SecurityGroup, SecurityGroupRule } from './model.ts';
import { defineChange } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { describeSpec, permissionsSchema, toRuleSpecs } from './permissions.ts';
import { readTagSpecifications, tagSpecificationsSchema } from './tag-specifications.ts';
import { viewPermissions, viewRevokedRule, viewRule } from './views.ts';

/** Default quota of rules per group, direction and address family. */
const maximumRules = 60;

/** Adds rules; one that already stands refuses the whole request. */
function authorizeSecurityGroup(desk: Ec2Desk, isEgress: boolean): Operation {
  const { model } = desk;
  const shape = {
    GroupId: z.string(),
    IpPermissions: z.optional(permissionsSchema),
    TagSpecification: tagSpecificationsSchema,
  };
  return defineChange(desk, shape, (input) => {
    const group = findGroup(model, input.GroupId);
    if (input.IpPermissions === undefined)
      throw new ServiceError('MissingParameter', 'The request must contain ipPermissions');
    const specs = toRuleSpecs(model, input.IpPermissions, isEgress);
    refuseDuplicates(group, specs);
    refuseTooMany(group, specs, isEgress);
    const tags = readTagSpecifications(input.TagSpecification, 'security-group-rule');
    return () => {
      const rules = specs.map((spec): SecurityGroupRule => ({
        ...spec,
        ruleId: model.nextId('sgr'),
        groupId: group.groupId,
      }));
      for (const rule of rules) {
        group.rules.set(rule.ruleId, rule);
        model.setTags(rule.ruleId, tags);
      }
      return { return: true, securityGroupRuleSet: rules.map((rule) => viewRule(model, rule)) };
    };
  });
}

/** Descriptions do not tell rules apart: the same reach twice is a duplicate. */
function refuseDuplicates(group: SecurityGroup, specs: readonly RuleSpec[]): void {
  const standing = new Set([...group.rules.values()].map(describeSpec));
  const duplicate = specs.find((spec) => standing.has(describeSpec(spec)));
  if (duplicate === undefined) return;
  const message = `the specified rule "${describeSpec(duplicate)}, ALLOW" already exists`;
  throw new ServiceError('InvalidPermission.Duplicate', message);
}

/** References to groups and prefix lists count against both address families. */
function refuseTooMany(group: SecurityGroup, specs: readonly RuleSpec[], isEgress: boolean): void {
  const count = (family: 'ipv4' | 'ipv6'): number =>
    [...group.rules.values(), ...specs]
      .filter((rule) => rule.isEgress === isEgress)
      .filter(({ peer }) => peer.kind === family || peer.kind === 'group' || peer.kind === 'prefix-list').length;
  if (Math.max(count('ipv4'), count('ipv6')) <= maximumRules) return;
  throw new ServiceError(
    'RulesPerSecurityGroupLimitExceeded',
    'The maximum number of rules per security group has been reached.',
  );
}

/**
 * Takes rules away, by rule id or by description of the rule. In a VPC that is not the default one a rule that is not
 * there refuses the whole request; the default VPC revokes the others and names the unknown ones.
 */
function revokeSecurityGroup(desk: Ec2Desk, isEgress: boolean): Operation {
  const { model } = desk;
  const shape = {
    GroupId: z.string(),
    SecurityGroupRuleId: z.optional(z.array(z.string())),
    IpPermissions: z.optional(permissionsSchema),
  };
  return defineChange(desk, shape, (input) => {
    const group = findGroup(model, input.GroupId);
    const { known, unknown } = pickRevoked(desk, group, input, isEgress);
    return () => {
      for (const { ruleId } of known) {
        group.rules.delete(ruleId);
        model.tags.delete(ruleId);
      }
      return {
        return: true,
        revokedSecurityGroupRuleSet: known.map(viewRevokedRule),
        unknownIpPermissionSet: unknown.length === 0 ? undefined : viewPermissions(model, unknown),
      };
    };
  });
}

/** The two ways to name a rule; a call uses one of them. */
interface RevokeInput {
  readonly SecurityGroupRuleId?: readonly string[] | undefined;
  readonly IpPermissions?: z.output<typeof permissionsSchema> | undefined;
}

/** What goes, and what was asked for but is not there. */
interface Revoked {
  readonly known: readonly SecurityGroupRule[];
  readonly unknown: readonly RuleSpec[];
}

function pickRevoked(desk: Ec2Desk, group: SecurityGroup, input: RevokeInput, isEgress: boolean): Revoked {
  const { SecurityGroupRuleId: ruleIds, IpPermissions: permissions } = input;
  if (ruleIds !== undefined && permissions !== undefined) {
    const message = 'You may specify either ipPermissions or securityGroupRuleIds, not both';
    throw new ServiceError('InvalidParameterCombination', message);
  }
  if (ruleIds !== undefined) return { known: pickByIds(desk, group, ruleIds, isEgress), unknown: [] };
  if (permissions === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain ipPermissions or securityGroupRuleIds');
  }
  return pickByPermissions(desk, group, toRuleSpecs(desk.model, permissions, isEgress));
}

/** Every id must be a rule of this group and direction, or nothing is revoked. */
function pickByIds(
  { model }: Ec2Desk,
  group: SecurityGroup,
  ruleIds: readonly string[],
  isEgress: boolean,
): readonly SecurityGroupRule[] {
  return [...new Set(ruleIds)].map((ruleId) => {
    const rule = findRule(model, ruleId);
    if (rule.groupId === group.groupId && rule.isEgress === isEgress) return rule;
    const message = `The security group rule ID '${ruleId}' does not exist in '${group.groupId}' in this direction`;
    throw new ServiceError('InvalidSecurityGroupRuleId.NotFound', message);
  });
}

function pickByPermissions({ model }: Ec2Desk, group: SecurityGroup, specs: readonly RuleSpec[]): Revoked {
  const standing = new Map([...group.rules.values()].map((rule) => [describeSpec(rule), rule]));
  const known = specs.flatMap((spec) => standing.get(describeSpec(spec)) ?? []);
  const unknown = specs.filter((spec) => !standing.has(describeSpec(spec)));
  if (unknown.length > 0 && model.vpcs.get(group.vpcId)?.isDefault !== true) {
    const message = 'The specified rule does not exist in this security group.';
    throw new ServiceError('InvalidPermission.NotFound', message);
  }
  return { known, unknown };
}

/** Both directions of both calls, keyed by the names on the wire. */
export function defineRuleChanges(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    AuthorizeSecurityGroupIngress: authorizeSecurityGroup(desk, false),
    AuthorizeSecurityGroupEgress: authorizeSecurityGroup(desk, true),
    RevokeSecurityGroupIngress: revokeSecurityGroup(desk, false),
    RevokeSecurityGroupEgress: revokeSecurityGroup(desk, true),
  };
}
