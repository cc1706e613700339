import { paint, print, printJson } from '../../output.ts';
import type { Verdict, VerdictStatus } from './verify-record.ts';

/** How verdicts are told: as JSON, and whether one that is `open` counts as proof enough. */
export interface TellOptions {
  readonly json: boolean;
  /** False where one incident is asked about: nothing sealed is nothing proven. */
  readonly mayBeOpen: boolean;
}

/** Prints verdicts and returns whether all of them are good: broken, unsealed and, asked for by name, open ones are not. */
export function tellVerdicts(verdicts: readonly Verdict[], { json, mayBeOpen }: TellOptions): boolean {
  const isGood = ({ status }: Verdict) => status === 'unchanged' || (status === 'open' && mayBeOpen);
  for (const verdict of verdicts) {
    if (json) printJson({ ...verdict, ok: isGood(verdict), fault: verdict.faults[0] ?? null });
    else if (verdict.status !== 'unchanged' || verdict.warnings.length > 0) showVerdict(verdict);
  }
  if (!json) print(summarise(verdicts));
  return verdicts.every(isGood);
}

const paintStatus: Readonly<Record<VerdictStatus, (text: string) => string>> = {
  unchanged: paint.good,
  open: paint.warn,
  unsealed: paint.bad,
  broken: paint.bad,
};

const meanings: Readonly<Record<VerdictStatus, string>> = {
  unchanged: 'unchanged',
  open: 'open: not sealed yet',
  unsealed: 'unsealed',
  broken: 'broken',
};

function showVerdict({ incidentId, status, faults, warnings }: Verdict): void {
  print(`${paintStatus[status](meanings[status])} ${incidentId}`);
  for (const fault of faults) print(`  ${fault}`);
  for (const warning of warnings) print(`  ${paint.warn('look')} ${warning}`);
}

function summarise(verdicts: readonly Verdict[]): string {
  const seals = verdicts.reduce((sum, verdict) => sum + verdict.seals, 0);
  const counts = (['unchanged', 'open', 'unsealed', 'broken'] as const)
    .map((status) => ({ status, count: verdicts.filter((verdict) => verdict.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => paintStatus[status](`${count} ${status}`));
  if (counts.length === 0) return 'nothing to verify';
  return `${counts.join(', ')}; ${seals} ${seals === 1 ? 'seal' : 'seals'} checked`;
}
