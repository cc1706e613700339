import type { FailOver } from '../../lambdas/shared/policy/fail-over-schema.ts';
import type { ScenarioService } from '../scenario.ts';
import { toServiceIds } from '../service-ids.ts';
import type { ServiceIds } from '../service-ids.ts';

/** A service of the runs that no scenario has, led in a manner of its own. */
export interface LedService extends Pick<ScenarioService, 'name' | 'front' | 'id'> {
  /** The manner in a word. */
  readonly by: string;
  /** Where the calls go that lead it. */
  readonly aws: string;
  readonly standby: { readonly id: string; readonly address: string };
  readonly how: FailOver;
  /** Whether the port of its standby refuses everybody. Default: false. */
  readonly isDead?: boolean;
}

/** What an Auto Scaling group launches. */
export const spareServer = { id: 'i-0a0000000000006f0', address: '10.0.67.40' };

interface Manner extends Pick<LedService, 'by' | 'aws' | 'front'> {
  readonly lead: (ids: ServiceIds, standby: LedService['standby']) => FailOver;
}

const manners: readonly Manner[] = [
  {
    by: 'rule',
    aws: 'elasticloadbalancing',
    front: 'listener-rule',
    lead: ({ ruleArn, standbyTargetGroupArn }) => ({
      by: 'target-group-weights',
      listener: ruleArn,
      standby: standbyTargetGroupArn,
    }),
  },
  {
    by: 'members',
    aws: 'elasticloadbalancing',
    front: 'target-group',
    lead: ({ primaryTargetGroupArn }, { id }) => ({
      by: 'target-group-members',
      targetGroup: primaryTargetGroupArn,
      standby: [id],
    }),
  },
  {
    by: 'address',
    aws: 'ec2',
    front: 'elastic-ip',
    lead: ({ allocationId }, { id }) => ({ by: 'elastic-ip', allocationId, standby: id }),
  },
  {
    by: 'record',
    aws: 'route53',
    front: 'route53',
    lead: ({ hostedZoneId, recordName }, { id, address }) => ({
      by: 'route53-record',
      hostedZoneId,
      name: `${recordName}.`,
      type: 'A',
      standbyValues: [address],
      standby: [id],
    }),
  },
  {
    by: 'group',
    aws: 'autoscaling',
    front: 'auto-scaling',
    lead: ({ autoScalingGroupName: group }) => ({ by: 'auto-scaling-standby', group }),
  },
  {
    by: 'zone',
    aws: 'rds',
    front: 'rds',
    lead: ({ databaseId: instance }) => ({ by: 'rds-multi-az', instance }),
  },
  {
    by: 'cluster',
    aws: 'rds',
    front: 'aurora',
    lead: ({ databaseId: cluster }) => ({ by: 'rds-cluster', cluster, standby: `${cluster}-standby` }),
  },
];

/** One service for each manner of fail-over that no scenario of a lab with faults has otherwise. */
export const ledServices: readonly LedService[] = manners.map(({ lead, ...manner }, index) => {
  const name = `led-by-${manner.by}`;
  const id = `b${index}00`;
  const standby = { id: `i-0a0000000000006b${index}`, address: `10.0.67.${50 + index}` };
  return { ...manner, name, id, standby, how: lead(toServiceIds({ name, id, front: manner.front }), standby) };
});

/** A service whose standby is dead, and that is cut then without a question. */
export const unledService: Omit<LedService, 'by' | 'aws'> = {
  name: 'led-by-nobody',
  front: 'target-groups',
  id: 'b900',
  standby: { id: 'i-0a0000000000006b9', address: '10.0.67.59' },
  isDead: true,
  how: toWeights({ name: 'led-by-nobody', id: 'b900', front: 'target-groups' }),
};

function toWeights(service: Pick<ScenarioService, 'name' | 'id' | 'front'>): FailOver {
  const { listenerArn: listener, standbyTargetGroupArn: standby } = toServiceIds(service);
  return { by: 'target-group-weights', listener, standby };
}
