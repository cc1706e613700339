import type { CommandResult } from '../host-world.ts';

/** What a document's verdict says besides the mark of the model. */
export type Verdict = Readonly<Record<string, unknown>>;

/** The answer of a simulated document; the mark keeps a model's verdict from being read as a kernel's. */
export function answer(exitCode: number, verdict: Verdict): CommandResult {
  return { exitCode, stdout: `${JSON.stringify({ ...verdict, simulated: true })}\n`, stderr: '', timedOut: false };
}

/** One service or task of a verdict. */
export interface Item {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  readonly status: string;
}

/** Ends a document about services or tasks as the scripts do: anything failed makes it 1, anything drifted 3. */
export function conclude(head: Verdict, field: string, items: readonly Item[]): CommandResult {
  const bad = items.filter(({ status }) => status === 'failed' || status === 'drifted');
  const error = bad.map(({ name, now, status }) => `${name} is ${now}: ${status}`).join('; ');
  const exitCode = bad.some(({ status }) => status === 'failed') ? 1 : bad.length > 0 ? 3 : 0;
  return answer(exitCode, { ok: exitCode === 0, ...head, [field]: items, error });
}
