import type { Remark } from '../../contracts/action.ts';
import type { ActionContext, ActionPlan, Change } from '../action.ts';
import type { HostOrder, HostParameters, HostWork } from './host-action.ts';
import { findHostFault, type readManagedHosts } from './managed-hosts.ts';
import type { Pinning } from './pin-document.ts';

/** Systems as Systems Manager names them. */
export type Platform = 'Linux' | 'Windows';

/** The checked document of each system. */
export type Pinnings = Readonly<Record<Platform, Pinning>>;

/** Systems Manager knows a third one, which no document is for: plan says so, and nothing is run there. */
export function toPlatform(word: string | undefined): Platform {
  return word === 'Windows' ? 'Windows' : 'Linux';
}

export function parametersFor(platform: Platform, order: Extract<HostOrder, { kind: 'run' }>): HostParameters {
  return platform === 'Windows' ? (order.windowsParameters ?? order.parameters) : order.parameters;
}

/** Plans one change a server that can be reached; says of every other why it cannot. Pure. */
export function planHostWork(
  work: Pick<HostWork, 'platforms' | 'leavesToPeople'>,
  { cohort }: ActionContext,
  order: HostOrder,
  pinnings: Pinnings,
  hosts: Awaited<ReturnType<typeof readManagedHosts>>,
): ActionPlan {
  const ofAll = (reason: string): Remark[] => cohort.servers.map((target) => ({ target, reason }));
  if (order.kind === 'nothing') return { changes: [], leftAlone: ofAll(order.reason), unable: [] };
  if (order.kind === 'unable') return { changes: [], leftAlone: [], unable: ofAll(order.reason) };
  const changes: Change[] = [];
  const unable: Remark[] = [];
  const leftAlone: Remark[] = [];
  for (const target of cohort.servers) {
    const host = hosts.get(target);
    const platform = toPlatform(host?.PlatformType);
    const pinning = pinnings[platform];
    const fault = findHostFault(host, work.platforms);
    const reason = fault ?? (pinning.kind === 'altered' ? pinning.reason : null);
    const intended = parametersFor(platform, order);
    if (fault !== null && work.leavesToPeople === true) leftAlone.push({ target, reason: fault });
    else if (reason === null) changes.push({ target, server: target, before: order.before, intended });
    else unable.push({ target, reason });
  }
  return { changes, leftAlone, unable };
}
