import { AuditTable } from '../../lambdas/shared/clients/audit-table.ts';
import { runFuse } from '../cli/run-fuse.ts';
import type { FuseRun } from '../cli/run-fuse.ts';
import { findReason } from './not-judged.ts';
import type { NotJudged } from './not-judged.ts';
import type { Target } from './target.ts';

/** How a check came out on a target. `ok` is null where the target cannot judge it, and `notJudged` says why. */
export interface Verdict {
  readonly target: string;
  readonly check: string;
  readonly ok: boolean | null;
  readonly notJudged: string | null;
  /** What is not as it must be; empty where all is well. */
  readonly failures: readonly string[];
}

/** What a check finds wrong; nothing means that it holds. */
export type Findings = readonly string[];

/** Where checks are run on one target, one after the other. */
export class Bench {
  readonly target: Target;
  readonly audit: AuditTable;
  readonly verdicts: Verdict[] = [];
  readonly #notJudged: readonly NotJudged[];
  readonly #tell: (verdict: Verdict) => void;

  constructor(target: Target, notJudged: readonly NotJudged[], tell: (verdict: Verdict) => void) {
    this.target = target;
    this.audit = new AuditTable(target.clients.dynamodb, target.outputs['TableName'] ?? '');
    this.#notJudged = notJudged;
    this.#tell = tell;
  }

  /** Runs a check, unless the target is known not to be able to judge it. Whatever it throws is a finding. */
  async check(name: string, run: () => Findings | Promise<Findings>): Promise<void> {
    const reason = findReason(this.#notJudged, name);
    if (reason !== null) return this.add({ check: name, ok: null, notJudged: reason, failures: [] });
    const failures = await findWrongs(run);
    this.add({ check: name, ok: failures.length === 0, notJudged: null, failures });
  }

  /** Names something that this target cannot judge at all. */
  leave(check: string, reason: string): void {
    this.add({ check, ok: null, notJudged: reason, failures: [] });
  }

  async fuse(...args: string[]): Promise<FuseRun> {
    return await runFuse(args, this.target.environment);
  }

  /** Calls of the functions since `from`, or nothing where nobody listens. */
  callsSince(from: number): NonNullable<Target['calls']> {
    return this.target.calls?.slice(from) ?? [];
  }

  get callCount(): number {
    return this.target.calls?.length ?? 0;
  }

  private add(verdict: Omit<Verdict, 'target'>): void {
    const full = { target: this.target.name, ...verdict };
    this.verdicts.push(full);
    this.#tell(full);
  }
}

async function findWrongs(run: () => Findings | Promise<Findings>): Promise<Findings> {
  try {
    return await run();
  } catch (error) {
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}

/** A finding when the two differ. */
export function expectSame(what: string, seen: unknown, wanted: unknown): Findings {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  return left === right ? [] : [`${what} is ${left}, ${right} is wanted`];
}

/** A finding when something does not hold. */
export function expectThat(holds: boolean, otherwise: string): Findings {
  return holds ? [] : [otherwise];
}
