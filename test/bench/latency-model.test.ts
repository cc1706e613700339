import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findLatency, latencyRows, staleReadBack } from '../../lab/latency/latency-model.ts';
import { createRandom } from '../../lab/latency/random.ts';
import { renderModel } from '../../lab/latency/render-model.ts';
import { waitAfterRefusal } from '../../lab/latency/wait-after-refusal.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'latency-model.md'), 'utf8');

describe('the latency model', () => {
  it('stands in its page as it is drawn from', () => {
    expect(page).toContain(renderModel());
    expect(page).toContain(`${staleReadBack.share * 100} %`);
  });

  it.each([
    { service: 'ec2', operation: 'DescribeInstances', row: 'ec2Read' },
    { service: 'ec2', operation: 'CreateNetworkAclEntry', row: 'ec2Change' },
    { service: 'dynamodb', operation: 'Query', row: 'tableRead' },
    { service: 'dynamodb', operation: 'UpdateItem', row: 'tableWrite' },
    { service: 'ssm', operation: 'GetDocument', row: 'ssmRead' },
    { service: 'ssm', operation: 'SendCommand', row: 'ssmSend' },
    { service: 'states', operation: 'StartExecution', row: 'startExecution' },
    { service: 'a-new-one', operation: 'GetAnything', row: 'otherCall' },
  ])('knows $service $operation as $row', ({ service, operation, row }) => {
    expect(findLatency(service, operation)).toBe(row);
  });

  it('has a tail in every row, and a source', () => {
    for (const { p50Ms, p99Ms, source } of Object.values(latencyRows)) {
      expect(p99Ms).toBeGreaterThan(p50Ms);
      expect(source).not.toBe('');
    }
  });
});

describe('waitAfterRefusal', () => {
  it('waits as the SDK twice and then as the product, longer each round', () => {
    const always = () => 1;

    const waits = [1, 2, 3, 4, 5, 6, 15].map((refusals) => waitAfterRefusal(refusals, always));

    expect(waits).toEqual([530, 1030, 230, 530, 1030, 430, 2030]);
  });

  it('never comes back at once, so that calls do not come back in one wave', () => {
    const random = createRandom(5);

    const waits = Array.from({ length: 100 }, (_, refusals) => waitAfterRefusal(refusals + 1, random));

    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30);
    expect(new Set(waits).size).toBe(100);
  });
});
