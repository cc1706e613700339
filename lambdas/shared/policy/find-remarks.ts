import type { Policy } from './policy-schema.ts';

/**
 * What holds in a policy, but may not be what is meant; `fuse policy check` tells it, a synth does not stop for it. Pure;
 * `now` is ISO 8601.
 */
export function findRemarks(policy: Policy, now: string): string[] {
  return [...remarkExceptions(policy, now), ...remarkSessions(policy), ...remarkExpiry(policy)];
}

function remarkExceptions({ exceptions }: Policy, now: string): string[] {
  return exceptions.flatMap(({ name, until, owner }, index) =>
    Date.parse(until) > Date.parse(now)
      ? []
      : [`exceptions.${index}: "${name}" of "${owner}" is over since ${until}; its servers are cut like any other`],
  );
}

function remarkSessions({ profiles: { logistics } }: Policy): string[] {
  if (logistics.users.length + logistics.applications.length > 0) return [];
  return [
    'profiles.logistics: names neither users nor applications, so no database session is ended but those of clients that a signal names',
  ];
}

function remarkExpiry({ expiry: { serverMinutes } }: Policy): string[] {
  if (serverMinutes === undefined) return [];
  return [`expiry.serverMinutes: after ${serverMinutes} minutes also what spreads is connected again by itself`];
}
