import type { Scenario, ScenarioService } from '../scenario.ts';
import { toServiceIds } from '../service-ids.ts';
import type { ServiceIds } from '../service-ids.ts';
import type { AwsLab } from '../services/aws-lab.ts';

/** Where the front of each service leads as AWS has it, without what AWS adds to it by itself: equal is put back. */
export function readLeads(aws: AwsLab, { services = [] }: Scenario): unknown {
  return services.map((service) => readers[service.front](aws, toServiceIds(service)));
}

type ReadLead = (aws: AwsLab, ids: ServiceIds) => unknown;

const readers: Readonly<Record<ScenarioService['front'], ReadLead>> = {
  'target-groups': readWeights,
  'elastic-ip': readHolder,
  route53: unread,
  'auto-scaling': unread,
  rds: unread,
  aurora: readWriter,
};

function readWeights({ elb }: AwsLab, { listenerArn }: ServiceIds): unknown {
  return elb.model.listeners
    .get(listenerArn)
    ?.forward.targetGroups.map(({ targetGroupArn, weight }) => [targetGroupArn, weight])
    .sort();
}

/** Another association id is no difference: AWS never gives one back. */
function readHolder({ ec2 }: AwsLab, { allocationId }: ServiceIds): unknown {
  return ec2.model.addresses.get(allocationId)?.association?.networkInterfaceId ?? null;
}

/** A writer that is just changing is none yet. */
function readWriter({ rds }: AwsLab, { databaseId }: ServiceIds): unknown {
  rds.model.settle();
  const cluster = rds.model.clusters.get(databaseId);
  return { writer: cluster?.writerId ?? null, isChanging: cluster?.failOver !== undefined };
}

/** No run has such a front. One that begins to must be looked at here, or its restore would pass unseen. */
function unread(): never {
  throw new Error('Could not read where a front leads: nobody has written how yet');
}
