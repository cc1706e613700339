import { globSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Proof } from './promise.ts';

/** How a proof came out; `not run` where no result has it, which proves nothing. */
export interface Result {
  readonly state: 'passed' | 'failed' | 'not run';
  /** For the table: a count, or the measured value with its unit. */
  readonly words: string;
}

interface TestReport {
  readonly testResults?: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

type Line = Readonly<Record<string, unknown>>;

/** Everything that the runners left, by kind. */
export interface Results {
  readonly tests: readonly { readonly file: string; readonly title: string; readonly status: string }[];
  readonly bench: readonly Line[];
  readonly faults: readonly Line[];
  readonly acceptance: readonly Line[];
  readonly validate: readonly Line[];
  readonly soak: readonly Line[];
}

/** Reads the results in a folder; what is not there has not run. */
export function readResults(folder: string): Results {
  const reports = globSync('*.json', { cwd: folder }).map((name) => readJson(join(folder, name)) as TestReport);
  const soak = join(folder, 'soak.json');
  return {
    tests: reports
      .flatMap(({ testResults = [] }) => testResults)
      .flatMap(({ name, assertionResults }) =>
        assertionResults.map(({ fullName, status }) => ({ file: name.replaceAll('\\', '/'), title: fullName, status })),
      ),
    bench: readLines(join(folder, 'bench.jsonl')),
    faults: readLines(join(folder, 'faults.jsonl')),
    acceptance: readLines(join(folder, 'acceptance.jsonl')),
    validate: readLines(join(folder, 'validate.jsonl')),
    soak: existsSync(soak) ? ((readJson(soak) as { figures?: Line[] }).figures ?? []) : [],
  };
}

/** What the results say of a proof. */
export function findResult(proof: Proof, results: Results): Result {
  if ('test' in proof) return judgeTests(proof, results);
  if ('bench' in proof) return judgeFigure(results.bench.find(({ name }) => name === proof.bench));
  if ('soak' in proof) return judgeFigure(results.soak.find(({ name }) => name === proof.soak));
  if ('faults' in proof) return judgeFaults(proof.faults, results.faults);
  if ('acceptance' in proof) return judgeChecks(results.acceptance.filter(({ check }) => check === proof.acceptance));
  return judgeChecks(results.validate.filter(({ validator }) => validator === proof.validator));
}

const notRun: Result = { state: 'not run', words: 'not run' };

function judgeTests({ test, title }: { test: string; title: string }, { tests }: Results): Result {
  const found = tests.filter((one) => one.file.endsWith(test) && one.title.includes(title));
  const failed = found.filter(({ status }) => status === 'failed').length;
  const passed = found.filter(({ status }) => status === 'passed').length;
  if (failed > 0) return { state: 'failed', words: `${failed} of ${found.length} failed` };
  // What was skipped proves nothing, and a part of it not the whole.
  if (passed === 0 || passed < found.length) return { ...notRun, words: found.length === 0 ? 'not run' : 'skipped' };
  return { state: 'passed', words: passed === 1 ? 'passed' : `${passed} passed` };
}

function judgeFigure(line: Line | undefined): Result {
  if (line === undefined || typeof line['value'] !== 'number') return notRun;
  const words = `${line['value']} ${String(line['unit'])}${typeof line['budget'] === 'string' ? ` (${line['budget']})` : ''}`;
  return { state: line['ok'] === true ? 'passed' : 'failed', words };
}

/** A run has lines by caller, `run: caller`; what is no count of points counts violations. */
function judgeFaults(run: string, faults: readonly Line[]): Result {
  const lines = faults.filter(({ name }) => name === run || String(name).startsWith(`${run}: `));
  if (lines.length === 0) return notRun;
  const sum = (line: Line, isWanted: (key: string) => boolean): number =>
    Object.entries(line).reduce(
      (total, [key, value]) => (typeof value === 'number' && isWanted(key) ? total + value : total),
      0,
    );
  const points = lines.reduce((total, line) => total + sum(line, (key) => key === 'points'), 0);
  const violations = lines.reduce((total, line) => total + sum(line, (key) => key !== 'points'), 0);
  const state = violations > 0 ? 'failed' : points === 0 ? 'not run' : 'passed';
  return { state, words: `${violations} violations at ${points} fault points` };
}

function judgeChecks(lines: readonly Line[]): Result {
  const judged = lines.filter(({ ok }) => typeof ok === 'boolean');
  const failed = judged.filter(({ ok }) => ok === false).length;
  if (judged.length === 0) return lines.length === 0 ? notRun : { ...notRun, words: 'not judged' };
  return failed > 0
    ? { state: 'failed', words: `${failed} of ${judged.length} failed` }
    : { state: 'passed', words: judged.length === 1 ? 'passed' : `${judged.length} passed` };
}

function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map(parseLine)
    .filter((line) => line !== undefined);
}

/** A report that was broken off tells of nothing that has run. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return {};
  }
}

function parseLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
