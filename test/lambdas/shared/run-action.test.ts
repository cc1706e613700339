import { describe, expect, it } from 'vitest';
import type { Action, ActionContext, Change } from '../../../lambdas/shared/actions/action.ts';
import type { EntryKey } from '../../../lambdas/shared/contracts/restoring.ts';
import { AuditWriteError } from '../../../lambdas/shared/errors.ts';
import type { GuardFacts } from '../../../lambdas/shared/guard/read-facts.ts';
import { runAction } from '../../../lambdas/shared/run-action.ts';
import { buildOutcome } from '../../builders/action-request.ts';
import { FakeRun, runRequest, runServers, type FakeRunOptions } from '../../builders/fake-run.ts';
import type { FakeTable } from '../../builders/fake-table.ts';
import { fuseTags } from '../../builders/server.ts';

const servers = [...runServers];
const request = runRequest;
const incidentId = request.incident.id;

function build(options: FakeRunOptions = {}) {
  const fake = new FakeRun();
  return { table: fake.table, tools: fake.tools(options) };
}

const step = (name: string) => `PutItem incident#${incidentId} action#revoke-security-groups#c1#${name}`;
const cut = `PutItem cut ${incidentId}#revoke-security-groups#c1`;

describe('runAction', () => {
  it('writes what it intends before it applies, and after each step what came of it', async () => {
    const { table, tools } = build();

    const outcome = await runAction(request, tools);

    expect(table.calls).toEqual([
      `Query incident#${incidentId}`,
      step('1-intended'),
      cut,
      'apply 2',
      step('2-applied'),
      'verify',
      step('3-verified'),
    ]);
    expect(outcome).toMatchObject({ status: 'verified', counts: { planned: 2, verified: 2, connectionsCut: 2 } });
  });

  it('lets an action ask again, by what is so two seconds later', async () => {
    const fake = new FakeRun();
    const tools = fake.tools();
    let isOff = false;
    const asked: unknown[] = [];

    await runAction(request, {
      ...tools,
      readFacts: async (ids) => ({ ...(await tools.readFacts(ids)), mode: isOff ? 'off' : 'armed' }),
      action: {
        ...tools.action,
        apply: async ([first], _context, ask) => {
          if (first === undefined) return [];
          isOff = true;
          asked.push(await ask(first).catch(String));
          fake.clock = '2026-05-06T07:05:34.000Z';
          asked.push(await ask(first).catch(String));
          return [];
        },
      },
    });

    expect(asked).toEqual([undefined, `GuardRefusedError: ${servers[0]} not touched: The fuse is off`]);
  });

  it('applies nothing when the write-ahead entry is not taken', async () => {
    const { table, tools } = build();
    table.onCall = (call) => {
      if (call.includes('1-intended')) throw new Error('table is gone');
    };

    await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);

    expect(table.calls).not.toContain('apply 2');
  });

  it('fails only once the note of the cut is not under way any more', async () => {
    const { table, tools } = build();
    table.onCall = async (call) => {
      if (call.includes('1-intended')) throw new Error('table is gone');
      if (call !== cut) return;
      for (let pause = 0; pause < 50; pause += 1) await Promise.resolve();
    };

    await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);

    expect(table.items.map(({ pk }) => pk)).toContain('cut');
  });

  it('records the same decision in shadow mode and changes nothing', async () => {
    const [live, shadow] = [build(), build({ mode: 'shadow' })];

    await runAction(request, live.tools);
    const outcome = await runAction(request, shadow.tools);

    const intended = ({ items }: FakeTable) => items.find(({ sk }) => sk.endsWith('1-intended'));
    expect(outcome).toMatchObject({ status: 'planned', firstCallAt: null, counts: { planned: 2, failed: 0 } });
    expect(shadow.table.calls).toEqual([`Query incident#${incidentId}`, step('1-intended'), step('3-planned')]);
    expect({ ...intended(shadow.table), mode: 'armed' }).toEqual(intended(live.table));
  });

  it.each([
    ['every change held', { held: [true, true] }, 'verified'],
    ['some did', { held: [true, false] }, 'partial'],
    ['none did', { held: [false, false] }, 'failed'],
    ['all held that the guard let through', { tags: fuseTags({ lifeline: 'clearing' }) }, 'partial'],
    ['the fuse is off', { mode: 'off' as const }, 'refused'],
  ])('says, when %s: %s', async (_, options, status) => {
    const { table, tools } = build(options);

    const outcome = await runAction(request, tools);

    expect(outcome.status).toBe(status);
    expect(table.stepsOf(incidentId).at(-1)).toBe(`action#revoke-security-groups#c1#3-${status}`);
  });

  it('makes no call at all for a server that the guard refuses', async () => {
    const { table, tools } = build({ tags: fuseTags({ lifeline: 'clearing' }) });

    const outcome = await runAction(request, tools);

    expect(table.calls).toContain('apply 1');
    expect(outcome.remarks[0]).toMatchObject({ target: servers[0] });
  });

  it('answers a retry after the end from the record', async () => {
    const { table, tools } = build();
    const first = await runAction(request, tools);
    table.calls.length = 0;

    const second = await runAction(request, tools);

    expect(second).toEqual(first);
    expect(table.calls).toEqual([`Query incident#${incidentId}`]);
  });

  it('goes on from the recorded former state, not from what it reads after its own change', async () => {
    const { table, tools } = build();
    table.onCall = (call) => {
      if (call.includes('2-applied')) throw new Error('lost');
    };
    await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);
    table.onCall = () => undefined;
    const changed = { ...tools.action, plan: async () => Promise.resolve({ changes: [], leftAlone: [], unable: [] }) };

    const outcome = await runAction(request, { ...tools, action: changed });

    expect(outcome.status).toBe('verified');
    expect(table.calls.filter((call) => call.startsWith('apply 2'))).toHaveLength(2);
    expect(table.items.find(({ sk }) => sk.endsWith('1-intended'))).toMatchObject({
      changes: [{ before: { was: 'open' } }, {}],
    });
  });

  it('cuts once when two tries run at once', async () => {
    const { table, tools } = build();

    const outcomes = await Promise.all([runAction(request, tools), runAction(request, tools)]);

    expect(outcomes.map(({ status }) => status)).toEqual(['verified', 'verified']);
    expect(table.items.filter(({ sk }) => sk.endsWith('1-intended'))).toHaveLength(1);
  });

  it('works from the record when another try of its own wrote it first', async () => {
    const { table, tools } = build();
    await runAction(request, {
      ...tools,
      action: { ...tools.action, apply: async () => Promise.reject(new Error('died')) },
    }).catch(() => 0);
    const applied: unknown[] = [];
    const late = {
      ...tools.action,
      plan: async () => {
        const { changes, ...rest } = await tools.action.plan(undefined as never);
        return { ...rest, changes: changes.map((change) => ({ ...change, before: { was: 'cut already' } })) };
      },
      apply: async (changes: readonly Change[], { resumed }: ActionContext) => {
        applied.push(resumed, ...changes.map(({ before }) => before));
        return Promise.resolve([]);
      },
    };
    let reads = 0;
    const readSteps = async (key: EntryKey) => ((reads += 1) === 1 ? [] : table.audit.readSteps(key));
    const audit = {
      readSteps,
      putStep: table.audit.putStep.bind(table.audit),
      putCut: table.audit.putCut.bind(table.audit),
      listCuts: table.audit.listCuts.bind(table.audit),
      replaceCut: table.audit.replaceCut.bind(table.audit),
    };

    await runAction(request, { ...tools, action: late, audit });

    expect(applied).toEqual([true, { was: 'open' }, { was: 'open' }]);
  });

  describe('whose first try may have cut before it died', () => {
    const [off, shadow] = [{ mode: 'off' }, { mode: 'shadow' }] as const;

    /** Runs until after apply, then runs again under another word of the guard. */
    async function runAgain(held: readonly boolean[], over: Partial<GuardFacts>, isRestored = false) {
      const { table, tools } = build({ held });
      table.onCall = (call) => {
        if (call.includes('2-applied')) throw new Error('lost');
      };
      await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);
      table.onCall = () => undefined;
      const key = { incidentId, action: 'revoke-security-groups', cohortId: 'c1' } as const;
      if (isRestored) await tools.audit.putStep(key, '4-undone', { undoings: [] });
      table.calls.length = 0;
      const readFacts = async () => ({ ...(await tools.readFacts(servers)), ...over });
      return { table, outcome: await runAction(request, { ...tools, readFacts }) };
    }

    it.each([
      ['the fuse is off', off, false],
      ['the fuse was switched to shadow', shadow, false],
      ['it was restored meanwhile', {}, true],
    ])('changes nothing more when %s, and says what it left cut', async (_, over, isRestored) => {
      const { table, outcome } = await runAgain([true, false], over, isRestored);

      expect(table.calls.filter((call) => call.startsWith('apply'))).toEqual([]);
      expect(outcome.status).toBe('partial');
      expect(outcome.summary).toContain('an earlier try cut it');
    });

    it.each([
      ['the fuse is off', off, false],
      ['the fuse was switched to shadow', shadow, false],
      ['it was restored meanwhile', {}, true],
    ])('is refused when %s and nothing is cut', async (_, over, isRestored) => {
      const { table, outcome } = await runAgain([false, false], over, isRestored);

      expect(table.calls.filter((call) => call.startsWith('apply'))).toEqual([]);
      expect(outcome.status).toBe('refused');
    });

    it('fails when nobody can see whether it cut', async () => {
      const { table, tools } = build();
      table.onCall = (call) => {
        if (call.includes('2-applied')) throw new Error('lost');
      };
      await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);
      table.onCall = () => undefined;
      const unseen = { held: false, seen: null, reason: 'Host was not asked', connectionsCut: 0 };
      const verify: Action['verify'] = async (changes) =>
        Promise.resolve(changes.map(({ target }) => ({ target, ...unseen })));
      const readFacts = async () => ({ ...(await tools.readFacts(servers)), ...off });

      const outcome = await runAction(request, { ...tools, readFacts, action: { ...tools.action, verify } });

      expect(outcome.status).toBe('failed');
      expect(outcome.summary).toContain('an earlier try may have cut it');
    });

    it('is told by its worse end when the first try lives on and sees something else', async () => {
      const { table, tools } = build();
      const key = { incidentId, action: 'revoke-security-groups', cohortId: 'c1' } as const;
      table.onCall = (call) => {
        if (call.includes('2-applied')) throw new Error('lost');
      };
      await expect(runAction(request, tools)).rejects.toThrow(AuditWriteError);
      table.onCall = () => undefined;
      const verify: Action['verify'] = async (changes, context) => {
        await tools.audit.putStep(key, '3-partial', { outcome: buildOutcome({ status: 'partial' }), observations: [] });
        return tools.action.verify(changes, context);
      };

      const outcome = await runAction(request, { ...tools, action: { ...tools.action, verify } });

      expect(
        table
          .stepsOf(incidentId)
          .slice(-2)
          .map((sk) => sk.split('#').at(-1)),
      ).toEqual(['3-partial', '3-verified']);
      expect(outcome.status).toBe('partial');
    });
  });
});
