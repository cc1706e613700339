import { isRecord } from '../../lambdas/shared/record.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario } from '../scenario.ts';

/** What an event has that must be another one each time. */
interface EventParts {
  readonly id: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * The same scenario with an event and servers of its own, so that one lab can play it again and again. `number` must
 * be another one each time. What the policy names stays: the resources of a service's front are put in place anew.
 */
export function renewScenario(scenario: Scenario, number: number): Scenario {
  const digits = number.toString(16).padStart(6, '0');
  const network = `10.${100 + (number >> 8)}.${number & 255}`;
  const named = listNamed(scenario);
  const own = scenario.servers.filter(({ id }) => !named.includes(id));
  const ids = new Map(own.map(({ id }) => [id, `${id.slice(0, 4)}${digits}${id.slice(10)}`]));
  const addresses = new Map(own.map(({ address }) => [address, `${network}.${address.split('.').at(-1) ?? ''}`]));
  const toNew = (id: string): string => ids.get(id) ?? id;
  const rename = (event: unknown): EventParts => {
    let text = JSON.stringify(event);
    for (const [from, to] of [...ids, ...addresses]) text = text.replaceAll(from, to);
    return JSON.parse(text) as EventParts;
  };
  const renew = (event: unknown): EventParts => {
    const renamed = rename(event);
    return { ...renamed, id: `${renamed.id.slice(0, -6)}${digits}`, detail: renewDetail(renamed.detail, digits) };
  };
  const { services, end, expect } = scenario;
  return {
    ...scenario,
    event: renew(scenario.event),
    ...(end !== undefined && { end: { ...renew(end), id: `${rename(end).id.slice(0, -7)}e${digits}` } }),
    servers: scenario.servers.map((server) => ({
      ...server,
      id: toNew(server.id),
      address: addresses.get(server.address) ?? server.address,
      tags: renewTags(server.tags, digits, scenario),
    })),
    ...(services && {
      services: services.map((one) => ({
        ...one,
        primary: toNew(one.primary),
        standby: toNew(one.standby),
        spares: one.spares.map(toNew),
      })),
    }),
    ...(expect && { expect: { ...expect, ...(expect.clients && { clients: rename(expect.clients) as never }) } }),
  };
}

/** A standby that the policy names by its id or address is the same server in every play. */
function listNamed({ services = [] }: Scenario): string[] {
  return services.filter(({ front }) => naming.has(front)).map(({ standby }) => standby);
}

const naming: ReadonlySet<string> = new Set(['elastic-ip', 'target-group', 'route53']);

/** A finding has an id, an alarm a contributor, a review a name; a sensor's signal is known by its server. */
function renewDetail(old: EventParts['detail'], digits: string): EventParts['detail'] {
  const { id, name, alarmContributor, state, ...detail } = old;
  return {
    ...detail,
    ...(state !== undefined && { state: renewState(state, digits) }),
    ...(isRecord(alarmContributor) && { alarmContributor: { ...alarmContributor, id: `c0ffee${digits}` } }),
    ...(typeof id === 'string' && { id: `${digits}${id.slice(6)}` }),
    ...(typeof name === 'string' && { name: `${name}-${digits}` }),
  };
}

/** An alarm over others has no contributor: its incident is known by its time. */
function renewState(state: unknown, digits: string): unknown {
  if (!isRecord(state) || typeof state['timestamp'] !== 'string') return state;
  const time = new Date(Date.parse(state['timestamp']) + Number.parseInt(digits, 16)).toISOString();
  return { ...state, timestamp: time.replace('Z', '+0000') };
}

/** A watch compares all servers of a service: those of another play are none of its business. */
function renewTags(tags: Scenario['servers'][number]['tags'], digits: string, { event }: Scenario): typeof tags {
  const service = tags[tagKeys.service];
  const isWatched = (event as { readonly source?: unknown }).source === 'aws.events';
  return service === undefined || !isWatched ? tags : { ...tags, [tagKeys.service]: `${service}-${digits}` };
}
