import { ConditionalCheckFailedException, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AuditWriteError } from '../errors.ts';
import { auditKeys } from './audit-keys.ts';
import { describeError } from './aws-errors.ts';

/** One count: the servers cut within a window, all of them or those of one service. */
export interface BudgetScope {
  /** ISO 8601 in UTC. */
  readonly windowStart: string;
  /** Null for servers of every service, and of none. */
  readonly service: string | null;
}

export interface BudgetOptions {
  readonly abortSignal?: AbortSignal;
  /** When a call that hangs is given up, tries of the SDK included: a cut waits for it. Default: 1.5 s. */
  readonly patienceMs?: number;
}

/** Gives up the first socket that hangs and leaves the second its time; a third would cost the three seconds. */
const defaultPatienceMs = 1_500;

/** Whoever is refused so often meets as many others; what it does not get, a person is asked about. */
const maxTries = 5;

/**
 * Counts servers in the audit table. A window is one item with the set of its servers, so a server counts once however
 * many incidents name it, and a retry counts nothing twice. Items of past windows stay: some bytes for each server.
 */
export class Budget {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #options: BudgetOptions;

  constructor(client: DynamoDBClient, tableName: string, options: BudgetOptions = {}) {
    this.#client = client;
    this.#tableName = tableName;
    this.#options = options;
  }

  /**
   * Counts as many of the servers as fit under the limit, the first ones first, and returns those that may be cut: they
   * counted before or do so now. One write where all fit, else one or two more. Throws AuditWriteError when it cannot
   * be known what fits; then some of the servers may count.
   */
  async take(scope: BudgetScope, servers: readonly string[], limit: number): Promise<ReadonlySet<string>> {
    let counted: ReadonlySet<string> = new Set();
    for (let tries = 0; tries < maxTries; tries += 1) {
      const more = servers.filter((server) => !counted.has(server)).slice(0, Math.max(0, limit - counted.size));
      const met = more.length === 0 ? null : await this.#add(scope, more, limit - more.length);
      if (met === null) return new Set(servers.filter((server) => counted.has(server) || more.includes(server)));
      counted = met;
    }
    return new Set(servers.filter((server) => counted.has(server)));
  }

  /** Counts servers whether they fit or not. */
  async count(scope: BudgetScope, servers: readonly string[]): Promise<void> {
    if (servers.length > 0) await this.#add(scope, servers, Infinity);
  }

  /** Adds servers where at most `room` count already; returns null when it did, else the servers that count. */
  async #add(scope: BudgetScope, servers: readonly string[], room: number): Promise<ReadonlySet<string> | null> {
    const sk = auditKeys.budgetOf(scope.windowStart, scope.service);
    const { abortSignal, patienceMs = defaultPatienceMs } = this.#options;
    const patience = AbortSignal.timeout(patienceMs);
    try {
      await this.#client.send(new UpdateItemCommand(this.#toUpdate(sk, servers, room)), {
        abortSignal: abortSignal === undefined ? patience : AbortSignal.any([abortSignal, patience]),
      });
      return null;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return new Set(error.Item?.['servers']?.SS ?? []);
      throw new AuditWriteError(`Budget "${sk}" not counted: ${describeError(error)}`, { cause: error });
    }
  }

  /** A union of sets: adding what is there changes nothing, so the SDK may send it twice. */
  #toUpdate(sk: string, servers: readonly string[], room: number) {
    const added = { ':servers': { SS: [...new Set(servers)] } };
    const input = {
      TableName: this.#tableName,
      Key: { pk: { S: auditKeys.budget }, sk: { S: sk } },
      UpdateExpression: 'ADD servers :servers',
    };
    if (room === Infinity) return { ...input, ExpressionAttributeValues: added };
    return {
      ...input,
      ConditionExpression: 'attribute_not_exists(servers) OR size(servers) <= :room',
      ExpressionAttributeValues: { ...added, ':room': { N: String(room) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
  }
}

/** When the window began that a moment lies in: windows follow one another on the clock, from 1970-01-01 UTC on. Pure. */
export function startOfWindow(at: string, windowMinutes: number): string {
  const windowMs = windowMinutes * 60_000;
  return new Date(Math.floor(Date.parse(at) / windowMs) * windowMs).toISOString();
}
