import type { Cohort } from '../../contracts/incident.ts';
import type { Policy } from '../../policy/policy-schema.ts';

/**
 * What a person has to do where the policy names no means, one sentence each, the most important first. The standby comes
 * in the policy's own words: they were written for this moment. Pure.
 */
export function writeInstructions({ service, servers, handOver }: Cohort, policy: Policy): string[] {
  const standby = policy.services.find(({ name }) => name === service)?.standby;
  const named = service === null ? 'the service' : `service "${service}"`;
  const advice =
    standby === undefined
      ? `Fail ${named} over; the policy names no standby`
      : `Fail ${named} over to its standby: ${standby}`;
  const reason = handOver === null ? [] : [handOver];
  return [advice, ...reason, `Concerns ${servers.length === 0 ? 'no server' : servers.join(', ')}`];
}
