import type { Remark } from '../../contracts/action.ts';
import type { Policy } from '../../policy/policy-schema.ts';
import type { ActionContext, ActionPlan, Change } from '../action.ts';
import { findHostFault, type readManagedHosts } from './managed-hosts.ts';
import type { Pinning } from './pin-document.ts';

/** The document's parameters, as the host gets them; lists are separated by single blanks. */
export type KillParameters = {
  readonly incident: string;
  readonly scope: string;
  readonly peers: string;
  readonly ports: string;
  readonly golden: string;
  readonly agent: string;
  readonly ttlSeconds: string;
  readonly deadlineSeconds: string;
};

/** The script's own deadline: a host with 15,000 connections needs far less. */
export const deadlineSeconds = '20';

/** Plans one change a server: a table of the incident's own, where none was before. Pure. */
export function planKill(
  context: ActionContext,
  pinning: Pinning,
  hosts: Awaited<ReturnType<typeof readManagedHosts>>,
): ActionPlan {
  const { cohort } = context;
  if (pinning.kind === 'altered') {
    return { changes: [], leftAlone: [], unable: cohort.servers.map((target) => ({ target, reason: pinning.reason })) };
  }
  const intended = { ...toParameters(context) };
  const changes: Change[] = [];
  const unable: Remark[] = [];
  for (const target of cohort.servers) {
    const reason = findHostFault(hosts.get(target));
    if (reason === null) changes.push({ target, server: target, before: { table: 'none' }, intended });
    else unable.push({ target, reason });
  }
  return { changes, leftAlone: [], unable };
}

/** Turns cut, golden channels and the agent's path into the document's parameters. */
export function toParameters({ incident, cohort, policy }: ActionContext): KillParameters {
  const { cut } = cohort;
  return {
    incident: incident.id,
    scope: cut.scope,
    peers: cut.scope === 'peers' ? cut.peers.join(' ') : '',
    ports: cut.scope === 'ports' ? cut.ports.join(' ') : '',
    golden: listGolden(policy, cohort.goldenChannels).join(' '),
    agent: policy.agentPath.cidrs.join(' '),
    // 0: the block stays until restore lifts it.
    ttlSeconds: '0',
    deadlineSeconds,
  };
}

/** Each peer with each port; no ports means all of that peer's, both halves read the same text on the host. */
function listGolden(policy: Policy, names: readonly string[]): string[] {
  return policy.goldenChannels
    .filter(({ name }) => names.includes(name))
    .flatMap(({ direction, peers, ports }) =>
      peers.flatMap((peer) => (ports ?? ['any']).map((port) => `${direction}@${peer}@${port}`)),
    );
}
