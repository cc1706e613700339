import * as z from 'zod/mini';
import { isRecord } from '../../record.ts';

/**
 * Reads a verdict from what a host printed; null when it printed none, or that of another document or incident. The
 * last one counts: a banner of the host's shell may come before it, and what went wrong after it, for the agent adds
 * the error output and `failed to run commands: exit status N`.
 */
export function readVerdict<Schema extends z.ZodMiniType>(
  schema: Schema,
  output: string,
  incident: string,
): z.output<Schema> | null {
  const verdicts = output.split('\n').flatMap((line) => {
    const parsed = z.safeParse(schema, parseJson(line));
    return parsed.success ? [parsed.data] : [];
  });
  const last = verdicts.at(-1);
  return last !== undefined && isRecord(last) && last['incident'] === incident ? last : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
