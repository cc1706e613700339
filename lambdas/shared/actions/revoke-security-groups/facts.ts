import type { Action } from '../action.ts';
import { revokeSecurityGroupsPermissions } from './permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const revokeSecurityGroupsFacts = {
  id: 'revoke-security-groups',
  summary:
    'Cuts the network: every interface of a server moves to quarantine, or whole subnets are closed, or exactly the named rules are revoked; other subnets deny what spreads',
  saves:
    'Per interface its groups, VPC and device index; per rule the whole rule with description and tags; per subnet its network ACL; per deny where it goes',
  undoes:
    'Gives interfaces their former groups and subnets their former network ACL back, takes denies out and makes revoked rules again (with new ids), compared three-way',
  notRun: 'against AWS itself; it was run against the EC2 of the lab and, interfaces and groups, of moto',
  sharesTargets: true,
  permissions: revokeSecurityGroupsPermissions,
} as const satisfies Partial<Action>;
