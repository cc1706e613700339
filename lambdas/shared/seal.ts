import { sha256Hex, toCanonicalJson } from './canonical-json.ts';
import type { AuditItem } from './clients/audit-item.ts';

/** What a closing entry says about the entries of its incident, and about itself. */
export interface Seal {
  /** The entries it covers, in the order of their sort keys, each with the digest it has. */
  readonly sealedKeys: readonly string[];
  readonly sealedDigests: readonly string[];
  /** The seal of the closing before this one; null for the first. */
  readonly previousSeal: string | null;
  /** A digest over the whole closing entry: its content, the keys and digests, and the seal before. */
  readonly seal: string;
}

/** An entry under a seal of its own, as far as it must be known to seal or check it. */
export interface Sealed extends AuditItem, Seal {}

/**
 * Puts a closing under its seal, over every entry given but itself: a retry must not seal its own first try. The
 * content comes back as the table will give it back, so that the seal fits what is read later. Pure.
 */
export function sealClosing(closing: AuditItem, items: readonly AuditItem[]): Sealed {
  const covered = items.filter(({ sk }) => sk !== closing.sk).sort(byKey);
  const own = {
    ...toStored(closing),
    sealedKeys: covered.map(({ sk }) => sk),
    sealedDigests: covered.map(digestItem),
    previousSeal: findNewestSeal(covered),
  };
  return { ...own, seal: sha256Hex(toCanonicalJson(own)) };
}

/** What is wrong with one entry. */
export interface SealFault {
  readonly kind: 'changed' | 'missing' | 'chain' | 'inserted';
  readonly sk: string;
  readonly text: string;
}

/**
 * Everything that is wrong with the seals of one partition and what stands under them: an entry that was changed, or is
 * missing, a closing that does not follow the one before it, an entry that says it is older than a seal but is not under
 * it. Entries added later are no fault; the next seal covers them. Pure.
 */
export function findSealFaults(items: readonly AuditItem[]): SealFault[] {
  const known = new Map(items.map((item) => [item.sk, { item, digest: digestItem(item) }]));
  const faults = items.filter(isClosing).flatMap((closing): SealFault[] => {
    if (!isSealed(closing)) return [{ kind: 'changed', sk: closing.sk, text: `"${closing.sk}" carries no whole seal` }];
    return [...findForged(closing), ...findTampered(closing, known), ...findUnchained(closing, items)];
  });
  // Each closing may say the same of one entry.
  return [...new Map([...faults, ...findInserted(items)].map((fault) => [fault.text, fault])).values()];
}

/** The first fault in words, or null. */
export function findBrokenSeal(items: readonly AuditItem[]): string | null {
  return findSealFaults(items)[0]?.text ?? null;
}

/** True for what ends an execution's work: only there is a seal put. */
export function isClosing({ sk, seal }: AuditItem): boolean {
  return /^(?:closed|failed|restored|ignored)#/.test(sk) || seal !== undefined;
}

/** True for a closing whose seal can be checked. */
export function isSealed(item: AuditItem): item is Sealed {
  const { seal, sealedKeys, sealedDigests, previousSeal } = item;
  const isLinked = typeof previousSeal === 'string' || previousSeal === null;
  return typeof seal === 'string' && isTexts(sealedKeys) && isTexts(sealedDigests) && isLinked;
}

/** When an entry says it was made. */
export function timeOf(item: AuditItem): string | null {
  const time = item['openedAt'] ?? item['at'] ?? item['since'];
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? time : null;
}

type Known = ReadonlyMap<string, { readonly item: AuditItem; readonly digest: string }>;

/** The closing itself: whoever changes its outcome has to make a new seal, and that one is not in the outcome event. */
function findForged({ seal, ...own }: Sealed): SealFault[] {
  if (sha256Hex(toCanonicalJson(own)) === seal) return [];
  return [{ kind: 'changed', sk: own.sk, text: `Entry "${own.sk}" was changed` }];
}

function findTampered(closing: Sealed, known: Known): SealFault[] {
  return closing.sealedKeys.flatMap((sk, index): SealFault[] => {
    const found = known.get(sk);
    if (found === undefined) return [{ kind: 'missing', sk, text: `Entry "${sk}" is missing` }];
    if (found.digest === closing.sealedDigests[index]) return [];
    return [{ kind: 'changed', sk, text: `Entry "${sk}" was changed` }];
  });
}

function findUnchained(closing: Sealed, items: readonly AuditItem[]): SealFault[] {
  const covered = new Set(closing.sealedKeys);
  const newest = findNewestSeal(items.filter(({ sk }) => covered.has(sk)));
  if (closing.previousSeal === newest) return [];
  const [wanted, found] = [closing.previousSeal, newest].map((seal) => (seal === null ? 'none' : `"${seal}"`));
  const text = `The chain is broken: "${closing.sk}" follows seal ${wanted}, the closing before it has ${found}`;
  return [{ kind: 'chain', sk: closing.sk, text }];
}

/**
 * A put follows the time it carries at once; a closing carries the time before it reads what it seals. In between lie
 * at most a put's own tries and the difference of two functions' clocks.
 */
const underWayMs = 60_000;

/** Only where closings seal all that stood before them: entries apart from an incident have a seal each. */
function findInserted(items: readonly AuditItem[]): SealFault[] {
  const closings = items.filter(isSealed).filter(({ pk }) => pk.startsWith('incident#'));
  return items.flatMap((item) => {
    const time = timeOf(item);
    const passed = closings.find((closing) => {
      if (closing.sk === item.sk || closing.sealedKeys.includes(item.sk)) return false;
      if (time === null) return isStep(item);
      return Date.parse(time) < Date.parse(String(closing['at'])) - underWayMs;
    });
    if (passed === undefined) return [];
    const says = time === null ? 'says no time' : `says ${time}, before the seal of "${passed.sk}"`;
    return [
      { kind: 'inserted', sk: item.sk, text: `Entry "${item.sk}" was inserted: it ${says}, but is not under it` },
    ];
  });
}

/** Entries that decide or change something: each of them says when. */
export function isStep({ sk }: AuditItem): boolean {
  return sk.startsWith('opened#') || sk.startsWith('action#');
}

/** By their own times; the sort key settles a tie. */
function findNewestSeal(items: readonly AuditItem[]): string | null {
  const order = (item: AuditItem) => `${timeOf(item) ?? ''} ${item.sk}`;
  const newest = items
    .filter(isSealed)
    .reduce<Sealed | null>((last, item) => (last === null || order(item) > order(last) ? item : last), null);
  return newest?.seal ?? null;
}

function digestItem(item: AuditItem): string {
  return sha256Hex(toCanonicalJson(item));
}

/** As DynamoDB orders them: by bytes. */
function byKey(left: AuditItem, right: AuditItem): number {
  return Buffer.compare(Buffer.from(left.sk), Buffer.from(right.sk));
}

/** Without undefined members, and without half characters (a text cut off in an emoji), which UTF-8 cannot carry. */
function toStored(item: AuditItem): AuditItem {
  const whole = (_: string, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value);
  return JSON.parse(JSON.stringify(item, whole)) as AuditItem;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
