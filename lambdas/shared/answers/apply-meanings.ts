import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';

type AlarmMeaning = Policy['alarms'][number];

/** The policy's meaning of an alarm: the first entry whose prefix its name begins with. */
export function findMeaning(signal: Signal, policy: Policy): AlarmMeaning | undefined {
  if (signal.source !== 'cloudwatch') return undefined;
  return policy.alarms.find(({ namePrefix }) => signal.name.startsWith(namePrefix));
}

/**
 * Gives an alarm the meaning that the policy states; it wins over what its metric would mean. The policy's servers
 * stand in only where the alarm itself names none.
 */
export function applyMeanings(signal: Signal, policy: Policy): Signal {
  const meaning = findMeaning(signal, policy);
  if (meaning === undefined) return signal;
  const servers = signal.servers.length > 0 ? signal.servers : [...new Set(meaning.servers ?? [])];
  return { ...signal, kind: meaning.means, servers, resource: servers.length > 0 ? null : signal.resource };
}
