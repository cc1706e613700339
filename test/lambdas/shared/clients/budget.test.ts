import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Budget, startOfWindow } from '../../../../lambdas/shared/clients/budget.ts';
import { AuditWriteError } from '../../../../lambdas/shared/errors.ts';
import { startLabTable, type LabTable } from '../../../builders/lab-table.ts';

const windowStart = '2026-05-06T07:00:00.000Z';
const all = { windowStart, service: null };
const shop = { windowStart, service: 'shop' };
const fleet = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `i-${from + index}`);

describe('Budget', () => {
  let lab: LabTable;
  let tableName = '';
  let budget: Budget;
  let calls = 0;

  beforeAll(async () => {
    lab = await startLabTable();
    lab.client.middlewareStack.add((next) => async (args) => ((calls += 1), next(args)), { step: 'initialize' });
  });
  afterAll(async () => lab.stop());

  beforeEach(async () => {
    tableName = await lab.addTable();
    budget = new Budget(lab.client, tableName);
    calls = 0;
  });

  const take = async (servers: readonly string[], limit: number, scope = all as typeof all | typeof shop) => [
    ...(await budget.take(scope, servers, limit)),
  ];

  const readCounted = async (sk = `${windowStart}#all`) => lab.readBudget(tableName, sk);

  it('counts what fits with one write', async () => {
    const taken = await take(['i-1', 'i-2'], 2);

    expect({ taken, calls }).toEqual({ taken: ['i-1', 'i-2'], calls: 1 });
    expect(await readCounted()).toEqual(['i-1', 'i-2']);
  });

  it.each([
    ['the first of an empty window', [], 2, ['i-1', 'i-2'], 1],
    ['the first that still fit', ['i-8', 'i-9'], 4, ['i-1', 'i-2'], 2],
    ['those that count already', ['i-2', 'i-9'], 2, ['i-2'], 1],
    ['both, in their order', ['i-3', 'i-9'], 3, ['i-1', 'i-3'], 2],
    ['nothing of a full window', ['i-8', 'i-9'], 2, [], 1],
    ['nothing of a budget of none, unasked', [], 0, [], 0],
  ])('lets through %s', async (_title, before, limit, granted, writes) => {
    if (before.length > 0) await budget.count(all, before);
    calls = 0;

    const taken = await take(['i-1', 'i-2', 'i-3'], limit);

    expect({ taken, calls }).toEqual({ taken: granted, calls: writes });
    expect((await readCounted()).length).toBe(new Set([...before, ...granted]).size);
  });

  it('counts a server once, whoever names it and however often', async () => {
    await take(['i-1', 'i-2'], 3);
    const again = await take(['i-1', 'i-2'], 3);
    const overlapping = await take(['i-2', 'i-3'], 3);

    expect({ again, overlapping }).toEqual({ again: ['i-1', 'i-2'], overlapping: ['i-2', 'i-3'] });
    expect(await readCounted()).toEqual(['i-1', 'i-2', 'i-3']);
  });

  it('keeps services and windows apart', async () => {
    const next = { ...all, windowStart: '2026-05-06T08:00:00.000Z' };

    await take(['i-1'], 1);
    await take(['i-2'], 1, shop);
    await take(['i-3'], 1, next);

    expect(await readCounted()).toEqual(['i-1']);
    expect(await readCounted(`${windowStart}#service#shop`)).toEqual(['i-2']);
    expect(await readCounted(`${next.windowStart}#all`)).toEqual(['i-3']);
  });

  it('counts past the limit where it is told to, and nothing more fits then', async () => {
    await budget.count(all, fleet(1, 5));

    expect(await take(['i-5', 'i-6'], 3)).toEqual(['i-5']);
    await budget.count(all, []);
    expect(await readCounted()).toHaveLength(5);
  });

  it('never lets more through than the limit, however many ask at once, and leaves no room unused', async () => {
    const request = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });

    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        async (requests, limit, twice) => {
          tableName = await lab.addTable();
          budget = new Budget(lab.direct, tableName, { patienceMs: 60_000 });
          const lists = [...requests, ...(twice ? requests : [])].map((ids) =>
            [...new Set(ids)].map((id) => `i-${id}`),
          );

          const granted = await Promise.all(lists.map(async (servers) => take(servers, limit)));

          const cut = new Set(granted.flat());
          expect(cut.size).toBeLessThanOrEqual(limit);
          expect(await readCounted()).toEqual([...cut].sort());
          granted.forEach((servers, index) => expect(lists[index]).toEqual(expect.arrayContaining(servers)));
          // Whoever is told no while there is room gets it when it asks again.
          const wanted = new Set(lists.flat());
          await take([...wanted], limit);
          expect((await readCounted()).length).toBe(Math.min(limit, wanted.size));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('Budget in trouble', () => {
  type Send = (command: unknown, options: { abortSignal: AbortSignal }) => Promise<unknown>;
  const buildClient = (send: Send) => ({ send }) as unknown as DynamoDBClient;
  const hanging = buildClient(
    async (_command, { abortSignal }) =>
      new Promise((_resolve, reject) => {
        if (abortSignal.aborted) reject(abortSignal.reason as Error);
        abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error));
      }),
  );

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'AccessDeniedException'])(
    'says that it could not count: %s',
    async (name) => {
      const refusing = buildClient(async () => Promise.reject(Object.assign(new Error('not now'), { name })));

      const taking = new Budget(refusing, 'audit').take(all, ['i-1'], 5);

      await expect(taking).rejects.toThrow(AuditWriteError);
      await expect(taking).rejects.toThrow(`Budget "${windowStart}#all" not counted: ${name}: not now`);
      await expect(taking).rejects.toHaveProperty('cause.name', name);
    },
  );

  it.each([
    ['a call that hangs', { patienceMs: 5 }, /not counted: TimeoutError/],
    ['every call once the function is out of time', { abortSignal: AbortSignal.abort(new Error('over')) }, /: over$/],
  ])('gives up %s', async (_title, options, message) => {
    await expect(new Budget(hanging, 'audit', options).take(all, ['i-1'], 5)).rejects.toThrow(message);
  });

  it('lets nothing through where it is refused again and again and never told what counts', async () => {
    let tries = 0;
    const silent = buildClient(async () => {
      tries += 1;
      throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
    });

    // Room for one: whoever counted as much as a stray entry would give up at once.
    expect([...(await new Budget(silent, 'audit').take(all, ['i-1'], 1))]).toEqual([]);
    expect(tries).toBe(5);
  });

  it('lets through what it was told counts already, though it is refused again and again', async () => {
    const busy = buildClient(async () => {
      const Item = { servers: { SS: ['i-2', 'i-9'] } };
      throw new ConditionalCheckFailedException({ message: 'no', $metadata: {}, Item });
    });

    expect([...(await new Budget(busy, 'audit').take(all, ['i-1', 'i-2'], 5))]).toEqual(['i-2']);
  });

  it('takes an item without servers for one of which nothing is known to count', async () => {
    const empty = buildClient(async () => {
      throw new ConditionalCheckFailedException({ message: 'no', $metadata: {}, Item: {} });
    });

    expect([...(await new Budget(empty, 'audit').take(all, ['i-1'], 5))]).toEqual([]);
  });
});

describe('startOfWindow', () => {
  it.each([
    ['2026-05-06T07:59:59.999Z', 60, '2026-05-06T07:00:00.000Z'],
    ['2026-05-06T08:00:00.000Z', 60, '2026-05-06T08:00:00.000Z'],
    ['2026-05-06T07:04:59Z', 5, '2026-05-06T07:00:00.000Z'],
    ['2026-05-06T07:05:31Z', 1440, '2026-05-06T00:00:00.000Z'],
    ['1970-01-01T00:06:59Z', 7, '1970-01-01T00:00:00.000Z'],
    ['1970-01-01T00:07:00Z', 7, '1970-01-01T00:07:00.000Z'],
  ])('of %s with %d minutes is %s', (at, minutes, start) => {
    expect(startOfWindow(at, minutes)).toBe(start);
  });
});
