import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type * as z from 'zod/mini';
import type { AuditItem } from '../clients/audit-item.ts';
import { auditKeys } from '../clients/audit-keys.ts';
import { AuditStore, type CallOptions, type PutResult } from '../clients/audit-store.ts';
import { parseWith } from '../contracts/parse.ts';
import { LookupFailedError } from '../errors.ts';
import {
  LockRecordSchema,
  NamedPeerSchema,
  ReviewClosingSchema,
  ReviewOpeningSchema,
  UnlockRecordSchema,
  type LockRecord,
  type NamedPeer,
  type Review,
  type ReviewClosing,
  type ReviewOpening,
  type UnlockRecord,
} from './review.ts';

/** All that was done for one review. */
export interface ReviewSteps {
  readonly locks: readonly LockRecord[];
  readonly namedPeers: readonly NamedPeer[];
  readonly unlocks: readonly UnlockRecord[];
}

/**
 * The compliance reviews in the audit table. Entries are only ever added, each by a conditional put, and reads are
 * consistent: that a border is locked must not hang on an index that lags. See AuditStore for the errors.
 */
export class ReviewRegister {
  readonly #store: AuditStore;

  constructor(client: DynamoDBClient, tableName: string, options: CallOptions = {}) {
    this.#store = new AuditStore(client, tableName, options);
  }

  /** Every review there ever was, by name. */
  async list(): Promise<Review[]> {
    const items = await this.#store.query(auditKeys.reviews);
    const byName = Map.groupBy(items, ({ sk }) => sk.split('#')[0] ?? '');
    return [...byName.values()].map(toReview);
  }

  async find(name: string): Promise<Review | null> {
    const items = await this.#store.query(auditKeys.reviews, `${name}#`);
    return items.length === 0 ? null : toReview(items);
  }

  async open(opening: ReviewOpening): Promise<PutResult> {
    return this.#putStep(opening.name, 'opened', opening);
  }

  async close(name: string, closing: ReviewClosing): Promise<PutResult> {
    return this.#putStep(name, 'closed', closing);
  }

  async markUnlocked(name: string, at: string): Promise<PutResult> {
    return this.#putStep(name, 'unlocked', { at });
  }

  async readSteps(name: string): Promise<ReviewSteps> {
    const items = await this.#store.query(auditKeys.review(name));
    const having = (prefix: string) => items.filter(({ sk }) => sk.startsWith(prefix));
    return {
      locks: having('lock#').map((item) => read(LockRecordSchema, item)),
      namedPeers: having('peer#').map((item) => read(NamedPeerSchema, item)),
      unlocks: having('unlock#').map((item) => read(UnlockRecordSchema, item)),
    };
  }

  async putLock(name: string, lock: LockRecord): Promise<PutResult> {
    return this.#store.put({ ...lock, pk: auditKeys.review(name), sk: auditKeys.lock(lock.incidentId) });
  }

  async putNamedPeer(name: string, peer: NamedPeer): Promise<PutResult> {
    return this.#store.put({ ...peer, pk: auditKeys.review(name), sk: auditKeys.namedPeer(peer.address) });
  }

  async putUnlock(name: string, unlock: UnlockRecord): Promise<PutResult> {
    const sk = auditKeys.unlock(unlock.incidentId, unlock.attempt);
    return this.#store.put({ ...unlock, pk: auditKeys.review(name), sk });
  }

  async #putStep(name: string, step: 'opened' | 'closed' | 'unlocked', content: object): Promise<PutResult> {
    return this.#store.put({ ...content, pk: auditKeys.reviews, sk: auditKeys.reviewStep(name, step) });
  }
}

function toReview(items: readonly AuditItem[]): Review {
  const find = (step: string) => items.find(({ sk }) => sk.endsWith(`#${step}`));
  const [opened, closed, unlocked] = [find('opened'), find('closed'), find('unlocked')];
  if (opened === undefined) throw new LookupFailedError(`Review "${items[0]?.sk ?? ''}" not understood: never opened`);
  return {
    opening: read(ReviewOpeningSchema, opened),
    closing: closed === undefined ? null : read(ReviewClosingSchema, closed),
    unlockedAt: unlocked === undefined ? null : String(unlocked['at']),
  };
}

function read<Schema extends z.ZodMiniType>(schema: Schema, item: AuditItem): z.output<Schema> {
  return parseWith(schema, item, `Audit entry "${item.pk} ${item.sk}"`, (message) => new LookupFailedError(message));
}
