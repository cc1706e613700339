import type { Action } from '../shared/actions/action.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import type * as z from 'zod/mini';
import type { EntryKey, RestoreStepSchema, UndoResult } from '../shared/contracts/restoring.ts';
import { RestoreIncompleteError } from '../shared/errors.ts';
import { closeRestore, type RestoreResult } from './close-restore.ts';
import { findEntries } from './find-entries.ts';
import { undoEntry } from './undo-entry.ts';

export interface RestoreTools {
  readonly audit: AuditTable;
  readonly bus: Pick<OutcomeBus, 'publish'>;
  readonly findAction: (id: EntryKey['action']) => Action | undefined;
  readonly now: () => string;
  readonly log?: (message: string, content: Readonly<Record<string, unknown>>) => void;
}

type RestoreStep = z.infer<typeof RestoreStepSchema>;

/**
 * One step of a restore, as its state machine asks for it. Throws RestoreIncompleteError at the end when something was
 * not put back or stays cut, after that is recorded and published.
 */
export async function restore(
  step: RestoreStep,
  tools: RestoreTools,
): Promise<{ entries: EntryKey[] } | UndoResult | RestoreResult> {
  switch (step.step) {
    case 'find-entries':
      return findEntries(step.request, tools.audit, tools.now());
    case 'undo-entry':
      return undoEntry(step.entry, step.request, tools);
    case 'close-restore': {
      const result = await closeRestore(step, tools);
      if (result.outcome === 'incomplete' || result.outcome === 'still-cut')
        throw new RestoreIncompleteError(result.summary);
      return result;
    }
    default:
      return step satisfies never;
  }
}
