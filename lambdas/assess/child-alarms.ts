import type { AlarmDescription } from '../shared/clients/describe-alarms.ts';
import type { Signal } from '../shared/contracts/signal.ts';
import { distinct, isInstanceId } from '../shared/signals/instance-ids.ts';

interface ChildTools {
  readonly accountId: string;
  describeAlarms(names: readonly string[]): Promise<readonly AlarmDescription[]>;
}

/** A signal whose servers are looked up as far as they can be, and what stayed unknown on the way. */
interface Resolved {
  readonly signal: Signal;
  readonly doubts: readonly string[];
}

/**
 * Finds the servers of a composite alarm through its child alarms: the one case that costs a read more. A child that
 * cannot be looked up (of another account, deleted, or composite itself) is handed to a person, not passed over.
 */
export async function addChildServers(signal: Signal, tools: ChildTools): Promise<Resolved> {
  if (signal.childAlarms.length === 0 || signal.servers.length > 0) return { signal, doubts: [] };
  const children = signal.childAlarms.map((arn) => ({ arn, name: readOwnName(arn, signal, tools.accountId) }));
  const names = distinct(children.flatMap(({ name }) => name ?? []));
  const alarms = names.length === 0 ? [] : await tools.describeAlarms(names);
  const servers = distinct(alarms.flatMap(({ instanceIds }) => instanceIds).filter(isInstanceId));
  const doubts = children
    .filter(({ name }) => !alarms.some((alarm) => alarm.name === name))
    .map(({ arn }) => `Child alarm "${arn}" could not be looked up, so its servers are not known`);
  return { signal: { ...signal, servers, resource: servers.length > 0 ? null : signal.resource }, doubts };
}

/** The alarm's name, if the ARN is of this account and region: `arn:aws:cloudwatch:<region>:<account>:alarm:<name>`. */
function readOwnName(arn: string, signal: Signal, accountId: string): string | undefined {
  const [, , , region, account, kind, ...name] = arn.split(':');
  const isOwn = region === signal.region && account === accountId && kind === 'alarm';
  return isOwn && name.length > 0 ? name.join(':') : undefined;
}
