import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../lambdas/shared/signals/parse-event.ts';
import { applicationSource, orderStateDetailType } from '../../lambdas/shared/signals/parse-order-state.ts';
import { sensorDetailType, sensorSource } from '../../lambdas/shared/signals/parse-sensor.ts';
import { readScenarios } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { readFixture, type JsonObject } from '../builders/events.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'policy.md'), 'utf8');

/** Events that others send: under which heading of the page the sample stands, and what describes its detail. */
const described = [
  ['## Sensors', 'schema/host-sensor-signal.schema.json', sensorSource, sensorDetailType],
  [
    '### An order whose state goes backwards',
    'schema/order-state.schema.json',
    applicationSource,
    orderStateDetailType,
  ],
] as const;

function readSample(heading: string): JsonObject {
  const after = page.slice(page.indexOf(`\n${heading}\n`));
  const [block = ''] = /(?<=\n\n) {4}\{\n(?: {4}.*\n)+/.exec(after) ?? [];
  return JSON.parse(block) as JsonObject;
}

/** Not our own reader: what a sender's validator would say. */
function compile(path: string): (detail: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, strictRequired: false });
  return ajv.compile(JSON.parse(readFileSync(join(root, path), 'utf8')) as object);
}

function isTaken(source: string, detailType: string, detail: unknown): boolean {
  const envelope = { version: '0', id: '1', account: '123456789012', region: 'eu-central-1', resources: [] };
  try {
    return parseEvent({ ...envelope, source, 'detail-type': detailType, detail }).kind === 'signal';
  } catch {
    return false;
  }
}

describe('docs/policy.md', () => {
  it.each(described)('has a sample under "%s" that %s and the parser take', (heading, path, source, detailType) => {
    const sample = readSample(heading);

    expect(page).toContain(`(../${path})`);
    expect(compile(path)(sample)).toBe(true);
    expect(isTaken(source, detailType, sample)).toBe(true);
  });
});

describe('schema/host-sensor-signal.schema.json', () => {
  const validate = compile('schema/host-sensor-signal.schema.json');
  const sample = readSample('## Sensors');
  const { instanceId: _server, ...unnamed } = sample;
  const overload = { ...sample, kind: 'overload', value: 95, unit: '%' };
  const { value: _value, ...unmeasured } = overload;

  it('describes every such event of fixtures and scenarios', () => {
    const fixtures = ['sensor-clock-offset', 'sensor-time-zones'].map(readFixture);
    const scenes = readScenarios().map(({ event }) => event);
    const own = [...fixtures, ...scenes].filter((event) => isRecord(event) && event['source'] === sensorSource);

    const refused = own.filter((event) => !validate((event as JsonObject)['detail']));

    expect(own.length).toBeGreaterThan(fixtures.length);
    expect(refused).toEqual([]);
  });

  it.each([
    ['a sample', sample, true],
    ['several servers', { ...unnamed, instanceIds: ['i-0a', 'i-0b'] }, true],
    ['a measured kind', overload, true],
    ['no server', unnamed, false],
    ['no server in a list', { ...unnamed, instanceIds: [] }, false],
    ['servers named in two ways', { ...sample, instanceIds: ['i-0a'] }, false],
    ['an unknown field', { ...sample, price: 3 }, false],
    ['an unknown kind', { ...sample, kind: 'wrong-price' }, false],
    ['a measured kind without its value', unmeasured, false],
    ['a measured kind in a unit of another', { ...overload, unit: 'ms' }, false],
    ['a port that is none', { ...sample, ports: [0] }, false],
  ])('says of %s what the parser says', (_words, detail, isRight) => {
    expect(validate(detail)).toBe(isRight);
    expect(isTaken(sensorSource, sensorDetailType, detail)).toBe(isRight);
  });
});
