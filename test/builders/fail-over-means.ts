import type { Action, TargetDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { FailOver } from '../../lambdas/shared/policy/fail-over-schema.ts';

export const primary = 'i-000000000000000a1';
export const standby = 'i-000000000000000b1';
const elbArn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';
export const listener = `${elbArn}:listener/app/orders/50dc6c495c0c9188/f2f7dc8efc522ab2`;
export const rule = `${elbArn}:listener-rule/app/orders/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`;
export const groupA = `${elbArn}:targetgroup/orders-a/73e2d6bc24d8a067`;
export const groupB = `${elbArn}:targetgroup/orders-b/73e2d6bc24d8a068`;

/** One entry of a policy for every mechanism. */
export const means: Readonly<Record<FailOver['by'], FailOver>> = {
  'target-group-weights': { by: 'target-group-weights', listener, standby: groupB },
  'target-group-members': { by: 'target-group-members', targetGroup: groupA, standby: [standby] },
  'elastic-ip': { by: 'elastic-ip', allocationId: 'eipalloc-0123456789abcdef0', standby },
  'route53-record': {
    by: 'route53-record',
    hostedZoneId: 'Z0123456789',
    name: 'orders.example.com.',
    type: 'A',
    standbyValues: ['10.0.2.10'],
    standby: [standby],
  },
  'auto-scaling-standby': { by: 'auto-scaling-standby', group: 'orders' },
  'rds-multi-az': { by: 'rds-multi-az', instance: 'orders' },
  'rds-cluster': { by: 'rds-cluster', cluster: 'orders', standby: 'orders-2' },
};

/** What stands in the world, and what a test may change: all of it is read at each call. */
export interface FailOverState {
  actions: Action[];
  targets: Record<string, TargetDescription[]>;
  address: string | null;
  records: ResourceRecordSet[];
  lifecycles: Record<string, string>;
  desired: number;
  zones: [string, string];
  writer: string;
  changeStatus: string;
}

export const createState = (): FailOverState => ({
  actions: [
    {
      Type: 'authenticate-oidc',
      Order: 1,
      AuthenticateOidcConfig: {
        Issuer: 'https://id.example.com',
        ClientId: 'fuse',
        AuthorizationEndpoint: 'a',
        TokenEndpoint: 't',
        UserInfoEndpoint: 'u',
      },
    },
    {
      Type: 'forward',
      Order: 2,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: groupA, Weight: 10 },
          { TargetGroupArn: groupB, Weight: 0 },
        ],
        TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
      },
    },
  ],
  targets: { [groupA]: [{ Id: primary, Port: 8080 }], [groupB]: [{ Id: standby, Port: 8080 }] },
  address: primary,
  records: [{ Name: 'orders.example.com.', Type: 'A', TTL: 30, ResourceRecords: [{ Value: '10.0.1.10' }] }],
  lifecycles: { [primary]: 'InService', [standby]: 'InService' },
  desired: 2,
  zones: ['eu-central-1a', 'eu-central-1b'],
  writer: 'orders-1',
  changeStatus: 'INSYNC',
});
