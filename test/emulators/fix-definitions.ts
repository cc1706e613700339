import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { Stripped } from './stripped.ts';

/** Longer than any run of the checks. */
const fixedTimeoutSeconds = 1800;

type State = Readonly<Record<string, unknown>>;

/**
 * Says in other words what ministack 1.5.33 does not read in a state machine's definition, so that everything around it
 * can still be judged. Each place is named: that part of the definition is not judged there.
 */
export function fixDefinitions(assembly: string): Stripped[] {
  const files = readdirSync(assembly).filter((name) => /^asset\..*\.json$/.test(name));
  return files.flatMap((name) => {
    const path = join(assembly, name);
    const definition = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    const fixed: Stripped[] = [];
    const text = JSON.stringify(fixAll(definition, fixed));
    if (fixed.length > 0) writeFileSync(path, text);
    return fixed;
  });
}

function fixAll(value: unknown, fixed: Stripped[]): unknown {
  if (Array.isArray(value)) return value.map((item) => fixAll(item, fixed));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [
    key,
    key === 'States' ? fixStates(part, fixed) : fixAll(part, fixed),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function fixStates(states: unknown, fixed: Stripped[]): unknown {
  if (!isRecord(states)) return states;
  const entries = Object.entries(states).map(([name, state]) => {
    const inner = fixAll(state, fixed);
    return [name, isRecord(inner) ? fixState(name, inner, fixed) : inner];
  });
  return Object.fromEntries(entries) as unknown;
}

function fixState(name: string, state: State, fixed: Stripped[]): State {
  if (typeof state['TimeoutSeconds'] === 'string') {
    fixed.push(
      describe(
        name,
        `TimeoutSeconds ${state['TimeoutSeconds']}`,
        `an expression there ends the execution with an error of ministack's own; ${fixedTimeoutSeconds} stands in its place`,
      ),
    );
    return { ...state, TimeoutSeconds: fixedTimeoutSeconds };
  }
  if (state['Type'] === 'Succeed' && state['Output'] !== undefined) {
    fixed.push(
      describe(name, 'Output of a Succeed', 'ministack does not evaluate it; a Pass that ends stands in its place'),
    );
    return { ...state, Type: 'Pass', End: true };
  }
  return state;
}

function describe(state: string, part: string, reason: string): Stripped {
  return { id: `"${state}": ${part}`, type: 'AWS::StepFunctions::StateMachine', reason };
}
