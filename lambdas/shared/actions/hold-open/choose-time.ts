import { toCanonicalJson } from '../../canonical-json.ts';
import type { Remark } from '../../contracts/action.ts';
import { listLifelines } from '../../guard/find-lifeline.ts';
import type { Policy } from '../../policy/policy-schema.ts';
import type { ServerDescription } from '../../policy/server-facts.ts';
import type { LifelineTime } from '../../policy/time-source-schema.ts';

/** Servers whose clocks are kept right by the same sources and the same backup. */
export interface TimeGroup {
  readonly time: LifelineTime;
  readonly servers: readonly string[];
}

/** Who is held by which sources, and who is left to a person, with the reason. */
export interface TimeChoice {
  readonly groups: readonly TimeGroup[];
  readonly leftToPeople: readonly Remark[];
}

/** Chooses by the servers' present tags: the policy may give each lifeline of a cohort another clock. Pure. */
export function chooseTime(
  servers: readonly string[],
  descriptions: readonly ServerDescription[],
  policy: Policy,
): TimeChoice {
  const chosen = servers.map((server) => ({ server, ...chooseFor(server, descriptions, policy) }));
  const groups = Map.groupBy(
    chosen.flatMap(({ server, time }) => (time === undefined ? [] : [{ server, time }])),
    ({ time }) => toCanonicalJson(time),
  );
  return {
    groups: [...groups.values()].flatMap((members) => {
      const [first] = members;
      return first === undefined ? [] : [{ time: first.time, servers: members.map(({ server }) => server) }];
    }),
    leftToPeople: chosen.flatMap(({ server, reason }) => (reason === undefined ? [] : [{ target: server, reason }])),
  };
}

type Choice =
  | { readonly time: LifelineTime; readonly reason?: never }
  | { readonly time?: never; readonly reason: string };

function chooseFor(server: string, descriptions: readonly ServerDescription[], policy: Policy): Choice {
  const description = descriptions.find(({ id }) => id === server);
  if (description === undefined) return { reason: 'Facts about the server could not be read' };
  const { state, tags, interfaces } = description;
  const times = listLifelines({ server, state, tags, interfaces }, policy).flatMap(({ time }) => time ?? []);
  const [first, ...others] = times;
  if (first === undefined) return { reason: 'The policy names no time sources for it' };
  // Guessing which of two is right could take a good source offline.
  if (others.some((time) => toCanonicalJson(time) !== toCanonicalJson(first))) {
    return { reason: 'Several lifelines of the policy name different time sources for it' };
  }
  return { time: first };
}
