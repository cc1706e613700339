import { undoEntry } from '../../lambdas/restore/undo-entry.ts';
import type { Action, Change, Json, Undoing } from '../../lambdas/shared/actions/action.ts';
import type { CutItem } from '../../lambdas/shared/clients/audit-table.ts';
import type { EntryKey, RestoreRequest, UndoResult } from '../../lambdas/shared/contracts/restoring.ts';
import { buildOutcome } from './action-request.ts';
import { FakeTable } from './fake-table.ts';

/** The network cut of a cohort in the incident of this number. */
export function keyOf(number: number, cohortId = 'c1'): EntryKey {
  return { incidentId: `inc-0000000000000000000${number}`, action: 'revoke-security-groups', cohortId };
}

/** A moment after seven. */
export function minute(time: string): string {
  return `2026-05-06T07:${time}.000Z`;
}

/** A change of a target that is its own server, from open to cut. */
export function buildChange(target: string, over: Partial<Change> = {}): Change {
  return { target, server: target, before: { was: 'open' }, intended: { is: 'cut' }, ...over };
}

/** What the table holds of one entry. */
export interface EntrySeed {
  readonly changes: readonly Change[];
  readonly at?: string;
  readonly mode?: string;
  /** False for a run that has not ended. Default: it ended with every change seen to hold. */
  readonly ended?: boolean;
  /** Targets that were seen not to hold. */
  readonly open?: readonly string[];
}

/** Undoes entries of a table in memory, by an action that says of each target what it is told to say. */
export class FakeRestore {
  readonly table = new FakeTable();
  /** An hour after every cut. */
  clock = '2026-05-06T08:30:00.000Z';
  /** How the undo of a target ends; `undone` where nothing is said. */
  ends: Readonly<Record<string, Undoing['status']>> = {};
  sharesTargets = true;
  /** Every change that the action was asked to undo, and what it was told verify had seen. */
  readonly asked: { change: Change; seen: Json | undefined }[] = [];

  /** Puts an entry and, unless it is told otherwise, the note of its cut. */
  async add(key: EntryKey, seed: EntrySeed, cut: Partial<CutItem> | null = {}): Promise<void> {
    const { changes, at = minute('00:00'), mode = 'armed', ended = true, open = [] } = seed;
    const { audit } = this.table;
    await audit.putStep(key, '1-intended', { changes, leftAlone: [], unable: [], mode, at });
    if (ended) {
      const observations = changes.map(({ target }) => ({
        target,
        held: !open.includes(target),
        seen: `saw ${target}`,
      }));
      await audit.putStep(key, '3-verified', { outcome: buildOutcome(), observations });
    }
    if (cut !== null) await this.note(key, { since: at, targets: changes.map(toTarget), ...cut });
  }

  async note(key: EntryKey, over: Partial<CutItem> = {}): Promise<void> {
    const note = { entry: key, since: minute('00:00'), expiresAt: null, targets: [], inherited: [], ...over };
    await this.table.audit.replaceCut(note);
  }

  async undo(key: EntryKey, over: Partial<RestoreRequest> = {}): Promise<UndoResult> {
    this.table.calls.length = 0;
    this.asked.length = 0;
    return undoEntry(
      key,
      { requestedBy: 'ada', reason: 'false alarm', ...over },
      { audit: this.table.audit, findAction: () => this.action(), now: () => this.clock },
    );
  }

  action(): Pick<Action, 'undo' | 'sharesTargets'> | undefined {
    return {
      sharesTargets: this.sharesTargets,
      undo: async (changes, seen) => {
        this.table.calls.push(`undo ${changes.map(({ target }) => target).join(' ')}`);
        this.asked.push(...changes.map((change) => ({ change, seen: seen.get(change.target) })));
        const end = ({ target }: Change): Undoing => ({
          target,
          status: this.ends[target] ?? 'undone',
          reason: `${target} ends so`,
        });
        return Promise.resolve(changes.map(end));
      },
    };
  }

  /** The steps of an entry, without what stands before them. */
  steps(key: EntryKey): string[] {
    return this.table.stepsOf(key.incidentId).map((sk) => sk.split('#').slice(2).join(' '));
  }

  /** The content of one step. */
  step(key: EntryKey, name: string) {
    return this.table.items.find(({ pk, sk }) => pk.endsWith(key.incidentId) && sk.endsWith(`#${name}`));
  }

  async cutOf(key: EntryKey): Promise<CutItem | undefined> {
    return (await this.table.audit.listCuts()).find(({ entry }) => JSON.stringify(entry) === JSON.stringify(key));
  }
}

function toTarget({ target, server }: Change): { target: string; server: string } {
  return { target, server };
}
