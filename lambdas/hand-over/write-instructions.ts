import type { ActionId, ActionRequest } from '../shared/contracts/action.ts';
import { lifelineKinds } from '../shared/contracts/incident.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';

type LifelineKind = (typeof lifelineKinds)[number];

/** How each lifeline is kept alive, for the person who does it. */
const lifelineSteps: Readonly<Record<LifelineKind, string>> = {
  clearing: 'Check both NTP sources and the hot standby; switch to PTP when they fail',
  'life-support': 'Check GPS time and the redundant fibre; the bypass to a direct physical link is your decision',
  'grid-dispatch': 'Check BeiDou-3 and the ground augmentation; carry on with the hardware clock in holdover',
};

/** What a person has to do, one sentence each, the first one the most important. Pure. */
export function writeInstructions({ action, cohort }: ActionRequest, policy: Policy): string[] {
  const servers = cohort.servers.length === 0 ? 'no server' : cohort.servers.join(', ');
  const reason = cohort.handOver === null ? [] : [cohort.handOver];
  return [...adviceFor(action, cohort, policy), ...reason, `Concerns ${servers}`];
}

function adviceFor(action: ActionId, cohort: ActionRequest['cohort'], policy: Policy): string[] {
  switch (action) {
    case 'fail-over':
      return adviseFailOver(cohort.service, policy);
    case 'shed-connections':
      return adviseShedding(policy);
    case 'hold-open':
      return adviseHoldingOpen(cohort.evidence.lifeline);
    case 'revoke-security-groups':
    case 'kill-connections':
    case 'stop-service':
    case 'hold-task':
    case 'kill-sessions':
    case 'resync-clock':
      return ['Cut these servers by hand'];
    default:
      return action satisfies never;
  }
}

/** The standby in the policy's own words: they were written for this moment. */
function adviseFailOver(service: string | null, policy: Policy): string[] {
  const standby = policy.services.find(({ name }) => name === service)?.standby;
  const named = service === null ? 'the service' : `service "${service}"`;
  if (standby === undefined) return [`Fail ${named} over; the policy names no standby`];
  return [`Fail ${named} over to its standby: ${standby}`];
}

/** The order of the policy is the order of shedding. */
function adviseShedding({ priorityClasses }: Policy): string[] {
  if (priorityClasses.length === 0) return ['Shed connections by hand; the policy names no priority classes'];
  const classes = priorityClasses.map(({ name, ports = [], peers = [] }) =>
    [name, ports.length > 0 && `ports ${ports.join(', ')}`, peers.length > 0 && `peers ${peers.join(', ')}`]
      .filter((part) => part !== false)
      .join(' '),
  );
  return [`Shed connections by priority, lowest first: ${classes.join('; ')}`];
}

/** The evidence names the lifeline and its kind. */
function adviseHoldingOpen(evidence: string): string[] {
  const kinds = lifelineKinds.filter((kind) => evidence.includes(kind));
  // A tag with a misspelt kind protects too; then the person gets the advice for every kind.
  const advice = (kinds.length === 0 ? lifelineKinds : kinds).map((kind) => `${kind}: ${lifelineSteps[kind]}`);
  return ['Nothing was cut: keep the lifeline alive', evidence, ...advice];
}
