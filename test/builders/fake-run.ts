import type { Action, ActionContext, Change, Observation } from '../../lambdas/shared/actions/action.ts';
import type { ActionRequest } from '../../lambdas/shared/contracts/action.ts';
import type { EntryKey } from '../../lambdas/shared/contracts/restoring.ts';
import type { GuardFacts } from '../../lambdas/shared/guard/read-facts.ts';
import { runAction, type RunTools } from '../../lambdas/shared/run-action.ts';
import { buildCohort, buildRequest } from './action-request.ts';
import { FakeTable } from './fake-table.ts';
import { buildPolicy } from './policy.ts';
import { buildDescription } from './server.ts';

export const runServers = ['i-0000000000000000a', 'i-0000000000000000b'] as const;
export const runRequest: ActionRequest = buildRequest({ cohort: buildCohort({ servers: [...runServers] }) });
export const runKey: EntryKey = {
  incidentId: runRequest.incident.id,
  action: 'revoke-security-groups',
  cohortId: runRequest.cohort.id,
};

export interface FakeRunOptions {
  readonly mode?: GuardFacts['mode'];
  /** By server, whether its change is seen to hold; null where nobody can see it. Default: both hold. */
  readonly held?: readonly (boolean | null)[];
  /** Tags of the first server. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** An action on two servers, whose calls are noted in the table's own list; each run of it may be told otherwise. */
export class FakeRun {
  readonly table = new FakeTable();
  clock = '2026-05-06T07:05:32.000Z';
  readonly changes: readonly Change[] = runServers.map((server) => ({
    target: server,
    server,
    before: { was: 'open' },
    intended: {},
  }));

  tools(options: FakeRunOptions = {}): RunTools {
    const { mode = 'armed', held = [true, true], tags = {} } = options;
    const facts: GuardFacts = {
      mode,
      servers: new Map(runServers.map((id, index) => [id, buildDescription({ id, tags: index === 0 ? tags : {} })])),
    };
    return {
      action: this.#action(held),
      audit: this.table.audit,
      policy: buildPolicy(),
      readFacts: async () => Promise.resolve(facts),
      now: () => this.clock,
    };
  }

  async run(options: FakeRunOptions = {}, over: Partial<RunTools> = {}) {
    return runAction(runRequest, { ...this.tools(options), ...over });
  }

  /** Runs until the table refuses what its call names, as if the process had died there; then the table works again. */
  async dieAt(call: string, options: FakeRunOptions = {}, over: Partial<RunTools> = {}): Promise<void> {
    const { table } = this;
    table.onCall = (made) => {
      if (made.includes(call)) throw new Error('the process died');
    };
    await this.run(options, over).catch(() => undefined);
    table.onCall = () => undefined;
    table.calls.length = 0;
  }

  #action(held: readonly (boolean | null)[]): Action {
    const observe = ({ target }: Change): Observation => {
      const isHeld = held[runServers.indexOf(target as never)] ?? null;
      const seen = isHeld === null ? null : isHeld ? 'cut' : 'open';
      return { target, held: isHeld === true, seen, reason: isHeld === true ? 'cut' : 'still open', connectionsCut: 1 };
    };
    const note = (name: string) => void this.table.calls.push(name);
    return {
      id: 'revoke-security-groups',
      plan: async () => Promise.resolve({ changes: this.changes, leftAlone: [], unable: [] }),
      apply: async (some: readonly Change[], { resumed = false }: ActionContext) =>
        Promise.resolve(note(`apply ${some.length}${resumed ? ' again' : ''}`)).then(() => []),
      verify: async (some: readonly Change[]) => Promise.resolve(note('verify')).then(() => some.map(observe)),
    } as unknown as Action;
  }
}
