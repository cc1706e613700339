import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { VirtualClock } from '../../../lab/asl/virtual-clock.ts';
import { evaluateTemplate, readReferences } from '../../../lab/asl/expression.ts';
import { KNOWN_FUNCTIONS, bindFunctions } from '../../../lab/asl/functions.ts';
import type { Json } from '../../../lab/asl/json.ts';

const clock = new VirtualClock('2026-11-22T03:00:00.250Z');
const bindings = {
  ...bindFunctions({ clock, random: () => 0.25 }),
  states: {
    input: {
      name: 'a',
      list: [1, 2, 3],
      rules: [
        { id: 'r1', open: true },
        { id: 'r2', open: false },
      ],
    },
  },
  x: 4,
};

function evaluate(template: Json): Promise<Json> {
  return evaluateTemplate(template, 'Output', bindings);
}

describe('evaluateTemplate', () => {
  it.each<[Json, Json]>([
    ['{% $x + 1 %}', 5],
    ['{%$x%}', 4],
    ['{% $states.input.list %}', [1, 2, 3]],
    ['{% $states.input.rules[open].id %}', 'r1'],
    ['{% $states.input.rules.id %}', ['r1', 'r2']],
    [
      { a: ['{% $x %}', { b: '{% $states.input.name & "!" %}' }], c: 'plain' },
      { a: [4, { b: 'a!' }], c: 'plain' },
    ],
    [' {% $x %} ', ' {% $x %} '],
    ['$states.input', '$states.input'],
    [null, null],
    [0.1, 0.1],
    ['{% { "kept": 1, "left out": $nothing } %}', { kept: 1 }],
    ['{% null %}', null],
    ['{% ($y := 2; $f := function($n) { $n < 1 ? 0 : $n + $f($n - 1) }; $f($y)) %}', 3],
  ])('turns %j into %j', async (template, expected) => {
    await expect(evaluate(template)).resolves.toEqual(expected);
  });

  it('leaves templates without expressions as they are', async () => {
    const constant = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('{%'));
    await fc.assert(
      fc.asyncProperty(constant, async (value) => {
        const template = JSON.parse(JSON.stringify(value)) as Json;
        expect(await evaluate(template)).toEqual(template);
      }),
    );
  });

  it.each<[string, Json, string]>([
    ['an undefined variable', '{% $nope %}', "'$nope' specified for the field 'Output' returned nothing (undefined)."],
    ['a missing field', { deep: ['{% $states.input.no %}'] }, "field 'Output/deep[0]' returned nothing (undefined)."],
    ['a bare field', '{% name %}', 'returned nothing (undefined).'],
    ['a function', '{% function($v) { $v } %}', 'returned an unsupported result type.'],
    ['a built-in function', '{% $sum %}', 'returned an unsupported result type.'],
    ['a function inside an object', '{% {"f": λ($v){$v}} %}', 'returned an unsupported result type.'],
    ['infinity', '{% 1/0 %}', 'returned an unsupported result type.'],
    ['a type error', '{% $x + "1" %}', 'threw an error during evaluation. T2002'],
    [
      'an unknown function',
      '{% $nope() %}',
      'threw an error during evaluation. T1006: Attempted to invoke a non-function',
    ],
    ['$eval', '{% $eval("1") %}', 'T1006'],
    ['$error', '{% $error("stop") %}', 'D3137: stop'],
  ])('refuses %s', async (_name, template, message) => {
    await expect(evaluate(template)).rejects.toThrow(message);
  });
});

describe('functions of Step Functions', () => {
  it.each<[string, Json]>([
    ['$partition([1,2,3,4], 3)', [[1, 2, 3], [4]]],
    ['$partition([0], 5)', [[0]]],
    ['$partition([1,2], 1.9)', [[1], [2]]],
    ['$range(0, 9, 3)', [0, 3, 6, 9]],
    ['$range(0, 10, 3)', [0, 3, 6, 9]],
    ['$range(1, 9, 9)', 1],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(0.9, 3.9, 1.9)', [0, 1, 2, 3]],
    ['$count($range(1, 1000, 1))', 1000],
    ['$hash("a", "MD5")', '0cc175b9c0f1b6a831c399e269772661'],
    ['$hash("a", "SHA-1")', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
    ['$length($hash("a", "SHA-512"))', 128],
    ['$random()', 0.25],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$random(7) >= 0 and $random(7) < 1', true],
    ['$uuid()', '40404040-4040-4040-8040-404040404040'],
    ['$parse("{\\"a\\": [1]}")', { a: [1] }],
    ['$now()', '2026-11-22T03:00:00.250Z'],
    ['$now("[Y]")', '2026'],
    ['$millis()', Date.parse('2026-11-22T03:00:00.250Z')],
  ])('%s is %j', async (source, expected) => {
    await expect(evaluate(`{% ${source} %}`)).resolves.toEqual(expected);
  });

  it.each([
    '$partition([1], 0)',
    '$partition([1], "1")',
    '$range(1, 9, 0)',
    '$range(1, 2000, 1)',
    '$hash("a", "SHA-3")',
    '$hash(1, "MD5")',
    '$parse("{")',
    '$parse(1)',
    '$random("seed")',
  ])('%s fails', async (source) => {
    await expect(evaluate(`{% ${source} %}`)).rejects.toThrow('threw an error during evaluation');
  });

  it.each([...KNOWN_FUNCTIONS])('$%s exists', async (name) => {
    await expect(evaluate(`{% $type($${name}) = "function" %}`)).resolves.toBe(true);
  });

  it('are the ones the library binds, with five more and without $eval', () => {
    const library = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');
    const bound = [...library.matchAll(/staticFrame\.bind\('(\w+)'/g)].map(([, name = '']) => name);

    const expected = new Set([...bound, 'now', 'millis', 'partition', 'range', 'hash', 'uuid', 'parse']);
    expected.delete('eval');

    expect(bound).toContain('eval');
    expect(KNOWN_FUNCTIONS).toEqual(expected);
  });
});

describe('readReferences', () => {
  interface Expected {
    readonly variables?: string[];
    readonly functions?: string[];
    readonly statesPaths?: string[][];
    readonly rootReads?: string[];
    readonly guarded?: string[];
  }

  it.each<[string, Expected]>([
    ['$a + $b.c', { variables: ['a', 'b'] }],
    ['($a := $b; $a)', { variables: ['b'] }],
    ['$map($list, function($v, $i) { $v + $i + $out })', { variables: ['list', 'out'], functions: ['map'] }],
    ['$list@$l#$i.{"a": $l, "b": $i, "c": $d}', { variables: ['list', 'd'] }],
    ['$list[open = $want].id', { variables: ['list', 'want'] }],
    ['$list{kind: $sum(size)}', { variables: ['list'], functions: ['sum'] }],
    ['$list^(>size, name)', { variables: ['list'] }],
    ['$list ~> $nope ~> $string', { variables: ['list'], functions: ['nope', 'string'] }],
    ['$list ~> | rules | {"open": $flag} |', { variables: ['list', 'flag'] }],
    ['$list.($ * 2)', { variables: ['list'] }],
    ['$exists($maybe) ? $maybe : $other', { variables: ['maybe', 'other'], functions: ['exists'], guarded: ['maybe'] }],
    ['$substringBefore(?, $mark)', { variables: ['mark'], functions: ['substringBefore'] }],
    ['$states.input.a[b = 1].c', { statesPaths: [['input', 'a', 'c']] }],
    ['$states.context.Execution.Id', { statesPaths: [['context', 'Execution', 'Id']] }],
    ['$states', { statesPaths: [[]] }],
    ['$states["input"]', { statesPaths: [[]] }],
    ['{"a": $states.result}', { statesPaths: [['result']] }],
    ['name', { rootReads: ['name'] }],
    ['$.name', { rootReads: ['$'] }],
    ['$$.name', { rootReads: ['$$'] }],
    ['{"a": name}', { rootReads: ['name'] }],
    ['$f(name)', { rootReads: ['name'], functions: ['f'] }],
  ])('reads %s', (source, expected) => {
    const { variables, functions, statesPaths, rootReads, guarded } = readReferences(source);

    expect({
      variables: [...variables],
      functions: [...functions],
      statesPaths,
      rootReads,
      guarded: [...guarded],
    }).toEqual({
      variables: [],
      functions: [],
      statesPaths: [],
      rootReads: [],
      guarded: [],
      ...expected,
    });
  });
});
