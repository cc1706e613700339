import type { AuditItem } from '../shared/clients/audit-item.ts';
import { auditKeys } from '../shared/clients/audit-keys.ts';
import type { AuditStore } from '../shared/clients/audit-store.ts';
import type { ZoneConflict } from './judge-zones.ts';

/** From when a conflict was first seen until it was seen to be over. The same conflict later is another one. */
export interface Episode {
  readonly service: string;
  readonly digest: string;
  readonly number: number;
  readonly servers: readonly string[];
  readonly isOpen: boolean;
}

/** A conflict with the number that tells its episodes apart. */
export type NumberedConflict = ZoneConflict & { readonly episode: number };

type Store = Pick<AuditStore, 'query' | 'put'>;

/** Reads every episode there ever was, the latest of each conflict only. */
export async function readEpisodes(store: Store): Promise<Episode[]> {
  const items = await store.query(auditKeys.watch('time-zones'));
  const opened = items.filter(({ sk }) => sk.startsWith('opened#'));
  const ended = new Set(items.filter(({ sk }) => sk.startsWith('ended#')).map(({ sk }) => sk.replace('ended#', '')));
  const byDigest = Map.groupBy(opened, (item) => String(item['digest']));
  return [...byDigest.values()].flatMap((all) => {
    const last = all.toSorted((a, b) => Number(a['number']) - Number(b['number'])).at(-1);
    return last === undefined ? [] : [toEpisode(last, !ended.has(last.sk.replace('opened#', '')))];
  });
}

/**
 * Opens an episode for each conflict that has none. Written before anybody is told: two runs at once find the same
 * number, and one that dies in between is told of under it by the next.
 */
export async function openEpisodes(
  store: Store,
  known: readonly Episode[],
  conflicts: readonly ZoneConflict[],
  at: string,
): Promise<NumberedConflict[]> {
  return Promise.all(
    conflicts.map(async (conflict) => {
      const last = known.find(({ digest }) => digest === conflict.digest);
      if (last?.isOpen === true) return { ...conflict, episode: last.number };
      const episode = (last?.number ?? 0) + 1;
      await store.put({ ...conflict, number: episode, at, ...keysOf('opened', conflict.digest, episode) });
      return { ...conflict, episode };
    }),
  );
}

/** Ends what is open and was not found again, though every one of its servers was heard. Silence ends nothing. */
export async function endEpisodes(
  store: Store,
  known: readonly Episode[],
  conflicts: readonly ZoneConflict[],
  heard: ReadonlySet<string>,
  at: string,
): Promise<number> {
  const over = known.filter(
    ({ isOpen, digest, servers }) =>
      isOpen && !conflicts.some((found) => found.digest === digest) && servers.every((server) => heard.has(server)),
  );
  await Promise.all(
    over.map(async ({ digest, number }) => store.put({ digest, number, at, ...keysOf('ended', digest, number) })),
  );
  return over.length;
}

function keysOf(step: 'opened' | 'ended', digest: string, number: number): Pick<AuditItem, 'pk' | 'sk'> {
  return { pk: auditKeys.watch('time-zones'), sk: `${step}#${digest}#${number}` };
}

function toEpisode(item: AuditItem, isOpen: boolean): Episode {
  const deviating = item['deviating'] as ZoneConflict['deviating'];
  return {
    service: String(item['service']),
    digest: String(item['digest']),
    number: Number(item['number']),
    servers: deviating.map(({ server }) => server),
    isOpen,
  };
}
