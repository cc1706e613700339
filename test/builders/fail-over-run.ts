import { EC2Client } from '@aws-sdk/client-ec2';
import { undoEntry } from '../../lambdas/restore/undo-entry.ts';
import type { ActionContext, ActionPlan } from '../../lambdas/shared/actions/action.ts';
import type { Mode } from '../../lambdas/shared/clients/audit-table.ts';
import type { ActionOutcome } from '../../lambdas/shared/contracts/action.ts';
import type { EntryKey, UndoResult } from '../../lambdas/shared/contracts/restoring.ts';
import { readGuardFacts } from '../../lambdas/shared/guard/read-facts.ts';
import type { FailOver } from '../../lambdas/shared/policy/fail-over-schema.ts';
import { runAction } from '../../lambdas/shared/run-action.ts';
import { buildCohort, buildIncident, buildRequest } from './action-request.ts';
import { means, primary } from './fail-over-means.ts';
import { FailOverWorld } from './fail-over-world.ts';
import { FakeTable } from './fake-table.ts';
import { buildPolicy } from './policy.ts';

/** Fail-overs and restores of one service, with the audit table and the switched services in memory. */
export class FailOverRun {
  readonly world = new FailOverWorld();
  readonly table = new FakeTable();
  clock = '2026-05-06T07:05:32.000Z';
  readonly #by: FailOver['by'];
  readonly #ec2 = new EC2Client({ region: 'eu-central-1' });

  constructor(by: FailOver['by']) {
    this.#by = by;
    // One list for both, so that the order of writes and calls can be seen.
    this.world.onCall = (name) => void this.table.calls.push(name);
  }

  static async start(by: FailOver['by'], mode: Mode = 'armed'): Promise<FailOverRun> {
    const run = new FailOverRun(by);
    await run.table.audit.writeMode(mode, { setBy: 'ada', reason: 'test', at: run.clock });
    run.table.calls.length = 0;
    return run;
  }

  keyOf(number = 1): EntryKey {
    return { incidentId: `inc-0000000000000000000${number}`, action: 'fail-over', cohortId: 'c1' };
  }

  /** Fails over because of a server, in the incident of this number. */
  async failOver(number = 1, servers: readonly string[] = [primary]): Promise<ActionOutcome> {
    const { world, table } = this;
    world.cuts = await table.audit.listCuts();
    const { policy, ...request } = this.#context(number, servers);
    return runAction(buildRequest({ action: 'fail-over', ...request }), {
      action: world.action(),
      audit: table.audit,
      policy,
      readFacts: async (some) => readGuardFacts(this.#ec2, table.audit, some),
      now: () => this.clock,
    });
  }

  /** What a fail-over would change now: something, where everything is as before. */
  async planNow(): Promise<ActionPlan> {
    return this.world.action().plan(this.#context(1, [primary]));
  }

  #context(number: number, servers: readonly string[]): ActionContext {
    return {
      incident: buildIncident({ id: this.keyOf(number).incidentId }),
      cohort: buildCohort({ service: 'orders', servers: [...servers], expiresAt: '2026-05-06T08:00:00.000Z' }),
      policy: buildPolicy({ services: [{ name: 'orders', coreBusiness: true, failOver: means[this.#by] }] }),
    };
  }

  async failBack(number = 1): Promise<UndoResult> {
    const request = { requestedBy: 'ada', reason: 'mended' };
    const findAction = () => this.world.action();
    return undoEntry(this.keyOf(number), request, { audit: this.table.audit, findAction, now: () => this.clock });
  }

  /** Names of the steps of an incident's entry. */
  steps(number = 1): string[] {
    return this.table.stepsOf(this.keyOf(number).incidentId).map((sk) => sk.split('#').slice(3).join('#'));
  }
}
