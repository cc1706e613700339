import { describe, expect, it } from 'vitest';
import { toJsonLine } from './check.ts';
import { applyExceptions, readExceptions } from './exceptions.ts';
import { findStrangers } from './judge-machines.ts';
import { readMachine } from '../statemachines/machines.ts';

const finding = { rule: 'W1', where: 'Resources/One', message: 'is odd' };
const check = { validator: 'cfn-lint', target: 'app', findings: [finding, { ...finding, where: 'Resources/Two' }] };
const exception = {
  validator: 'cfn-lint',
  rule: 'W1',
  where: 'Resources/One',
  reason: 'It is odd on purpose, see the docs.',
};

describe('applyExceptions', () => {
  it('takes away what an exception covers, and shows it with its reason', () => {
    const [judged] = applyExceptions([check], [exception]);

    expect(judged?.findings).toEqual([{ ...finding, where: 'Resources/Two' }]);
    expect(judged?.ok).toBe(false);
    expect(judged?.exceptions).toEqual([{ rule: 'W1', count: 1, reason: exception.reason }]);
  });

  it.each([
    ['another rule', { rule: 'W' }],
    ['a part of the place', { where: 'Resources/On' }],
    ['another message', { message: 'is' }],
    ['another validator', { validator: 'checkov' }],
  ])('covers nothing by %s', (_what, over) => {
    const [judged] = applyExceptions([check], [{ ...exception, ...over }]);

    expect(judged?.findings).toHaveLength(2);
  });

  it('fails where an exception covers nothing any more, but not for a validator that did not run', () => {
    const stale = { ...exception, where: 'Resources/Gone' };
    const elsewhere = { ...exception, validator: 'checkov' };

    const unused = applyExceptions([check], [stale, elsewhere]).at(-1);

    expect(unused?.ok).toBe(false);
    expect(unused?.findings.map(({ where }) => where)).toEqual(['cfn-lint W1 Resources/Gone']);
  });

  it('gives every exception a reason', () => {
    expect(readExceptions().length).toBeGreaterThan(5);
    expect(toJsonLine({ ...check, ok: false, exceptions: [] })).toContain('"validator":"cfn-lint"');
  });
});

describe('findStrangers', () => {
  it('finds calls of what the stack does not have', () => {
    const machine = readMachine('isolate');
    const calls = findStrangers(machine, new Set());
    const named = new Set(calls.map(({ message }) => /"(.*)"/.exec(message)?.[1] ?? ''));

    expect(calls.length).toBeGreaterThan(1);
    expect(findStrangers(machine, named)).toEqual([]);
  });
});
