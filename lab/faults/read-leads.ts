import type { Scenario, ScenarioService } from '../scenario.ts';
import { toServiceIds } from '../service-ids.ts';
import type { ServiceIds } from '../service-ids.ts';
import type { AwsLab } from '../services/aws-lab.ts';
import type { Listener, ListenerRule } from '../services/elb/model.ts';
import { propagationMs } from '../services/route53/model.ts';

/** Where the front of each service leads as AWS has it, without what AWS adds to it by itself: equal is put back. */
export function readLeads(aws: AwsLab, { services = [] }: Scenario): unknown {
  return services.map((service) => readers[service.front](aws, toServiceIds(service), service));
}

type ReadLead = (aws: AwsLab, ids: ServiceIds, service: ScenarioService) => unknown;

const readers: Readonly<Record<ScenarioService['front'], ReadLead>> = {
  'target-groups': ({ elb }, { listenerArn }) => readWeights(elb.model.listeners.get(listenerArn)),
  'listener-rule': ({ elb }, { ruleArn }) => readWeights(elb.model.rules.get(ruleArn)),
  'target-group': readMembers,
  'elastic-ip': readHolder,
  route53: readRecord,
  'auto-scaling': readServing,
  rds: readZone,
  aurora: readWriter,
};

function readWeights(found: Listener | ListenerRule | undefined): unknown {
  return found?.forward.targetGroups.map(({ targetGroupArn, weight }) => [targetGroupArn, weight]).sort();
}

/** Who drains has left. */
function readMembers({ elb }: AwsLab, { primaryTargetGroupArn }: ServiceIds): unknown {
  const targets = [...(elb.model.targetGroups.get(primaryTargetGroupArn)?.targets.values() ?? [])];
  return targets
    .filter(({ drainsUntil }) => drainsUntil === undefined)
    .map(({ id, port }) => `${id}:${port}`)
    .toSorted();
}

/** Another association id is no difference: AWS never gives one back. */
function readHolder({ ec2 }: AwsLab, { allocationId }: ServiceIds): unknown {
  return ec2.model.addresses.get(allocationId)?.association?.networkInterfaceId ?? null;
}

/** A change that has not reached every name server yet is none. */
function readRecord({ route53: { model } }: AwsLab, { hostedZoneId }: ServiceIds): unknown {
  const isSpreading = [...model.changes.values()].some(({ submittedAt }) => submittedAt + propagationMs > model.now());
  return { records: [...(model.zones.get(hostedZoneId)?.records.values() ?? [])], isSpreading };
}

/** Of its two servers those in service; the group is one larger after the way back. */
function readServing({ autoScaling }: AwsLab, { autoScalingGroupName }: ServiceIds, service: ScenarioService): unknown {
  const serving = autoScaling.inServiceOf(autoScalingGroupName);
  return [service.primary, service.standby].filter((id) => serving.includes(id));
}

/** A zone that is just changing is none yet. */
function readZone({ rds }: AwsLab, { databaseId }: ServiceIds): unknown {
  rds.model.settle();
  const instance = rds.model.instances.get(databaseId);
  return { zone: instance?.availabilityZone ?? null, isChanging: instance?.failOver !== undefined };
}

/** A writer that is just changing is none yet. */
function readWriter({ rds }: AwsLab, { databaseId }: ServiceIds): unknown {
  rds.model.settle();
  const cluster = rds.model.clusters.get(databaseId);
  return { writer: cluster?.writerId ?? null, isChanging: cluster?.failOver !== undefined };
}
