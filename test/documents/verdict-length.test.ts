import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readScript } from '../../documents/command-document.ts';
import { longestStates } from './verdict-states.ts';

// What the console of Systems Manager hands out ends at 2,500 characters; the agent adds its own words to ours.
const mostCharacters = 2000;
const directory = mkdtempSync('/tmp/cf-verdict-');
const incident = 'i'.repeat(48);
const longestError = `Nothing was done: ${'e'.repeat(500)}`;

type Verdict = Readonly<Record<string, unknown>>;

/** Runs the end of a script, after these shell lines in the place of its main part. */
function endWith(name: string, state: string, end: string) {
  const [functions] = readScript(`linux/${name}.sh`).split(/^(?:read_common_parameters|read_parameters)$/m);
  const script = `${functions}\nread_common_parameters\nopen_state_dir\n${state}\n${end}\n`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env: { SSM_incident: incident, SSM_deadlineSeconds: '120', CF_STATE_DIR: directory },
  });
  expect({ name, stderr, lines: stdout.split('\n').length }).toEqual({ name, stderr: '', lines: 2 });
  return { line: stdout.trimEnd(), verdict: JSON.parse(stdout) as Verdict };
}

/** Lengths of the lists of a verdict, by field. */
const countLists = (verdict: Verdict): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(verdict).flatMap(([field, value]) => (Array.isArray(value) ? [[field, value.length] as const] : [])),
  );

const timeless = (verdict: Verdict): Verdict => ({ ...verdict, totalMs: 0 });

describe.skipIf(spawnSync('bash', ['-c', 'exit 0']).status !== 0)('the longest verdict', () => {
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is known of every document of Linux', () => {
    const documents = globSync('*.sh', { cwd: join(import.meta.dirname, '../../documents/linux') });
    const known = new Set(longestStates.map(({ name }) => name));

    expect([...known].sort()).toEqual(
      documents
        .map((path) => basename(path, '.sh'))
        .filter((stem) => stem !== 'sensor')
        .sort(),
    );
  });

  it.for(longestStates)(
    'of $name has at most 2,000 characters with $what, fine or failed',
    ({ name, state, whole }) => {
      const fine = endWith(name, state, 'tell_verdict true');
      const failed = endWith(name, state, `fail 70 '${longestError}'`);

      expect(fine.line.length).toBeLessThanOrEqual(mostCharacters);
      expect(failed.line.length).toBeLessThanOrEqual(mostCharacters);
      expect([fine.verdict['ok'], fine.verdict['error'], failed.verdict['ok']]).toEqual([true, '', false]);
      // Enough of the error to tell what happened: the sentence about the deadline has fifty.
      expect(failed.verdict['error']).toContain(longestError.slice(0, 50));
      expect(countLists(fine.verdict)).toMatchObject(whole ?? {});
      expect(countLists(failed.verdict)).toMatchObject(whole ?? {});
    },
  );

  it.for(longestStates)(
    'of $name with $what is kept whole where it was cut, with how much of each list there is',
    ({ name, state }) => {
      const { line, verdict } = endWith(name, state, `fail 70 '${longestError}'`);

      const { wholeFile } = verdict;
      // What fits is no cut: then the line is the whole of it.
      const kept = typeof wholeFile === 'string' ? readFileSync(wholeFile, 'utf8') : `${line}\n`;
      const whole = JSON.parse(kept) as Verdict;
      expect(line.length).toBeLessThan(kept.length);
      expect([undefined, createHash('sha256').update(kept).digest('hex')]).toContain(verdict['wholeDigest']);
      expect(wholeFile === undefined).toBe(verdict['wholeDigest'] === undefined);
      expect(whole['error']).toBe(longestError.slice(0, 300));
      for (const [field, length] of Object.entries(countLists(whole))) {
        expect([field, verdict[`${field}Total`] ?? countLists(verdict)[field]]).toEqual([field, length]);
      }
    },
  );

  it.for(longestStates)('of $name with $what has the values of the script where it fits', ({ name, state }) => {
    // The script's own way to print, past what bounds it.
    const { line, verdict: own } = endWith(name, state, 'print_verdict true');
    if (line.length > mostCharacters) return;

    const { verdict } = endWith(name, state, 'tell_verdict true');

    expect(timeless(verdict)).toEqual(timeless(own));
  });

  it('puts what went wrong before what went well, where not all have room', () => {
    const { state } = longestStates.find(({ name }) => name === 'start-service')!;

    const { verdict } = endWith('start-service', `${state}; status[$name]=failed`, 'fail 1 "One failed"');

    const items = verdict['services'] as readonly Verdict[];
    expect(items.map(({ status }) => status)).toEqual(['failed', ...items.slice(1).map(() => 'already-started')]);
    expect([items.length < 40, verdict['servicesTotal'], verdict['error']]).toEqual([true, 40, 'One failed']);
  });

  it('says nothing of a file that could not be written', () => {
    const { state } = longestStates.find(({ name }) => name === 'hold-time')!;

    const { line, verdict } = endWith('hold-time', `${state}; state_dir=/dev/null/nowhere`, 'tell_verdict true');

    expect([verdict['wholeFile'], verdict['wholeDigest']]).toEqual(['', '']);
    expect(line.length).toBeLessThanOrEqual(mostCharacters);
  });
});
