import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultLab } from '../../lab/faults/fault-lab.ts';
import type { FaultLab } from '../../lab/faults/fault-lab.ts';
import { playStorm } from '../../lab/faults/storm.ts';
import type { StormSeen } from '../../lab/faults/storm.ts';
import { loadTemplate } from '../../lab/template/load-template.ts';
import { runFuse } from '../cli/run-fuse.ts';
import { synthesisePolicy } from './desk.ts';

/** `npm run faults` plays 1,000 findings under the budget of the scenarios' policy. */
const findings = 300;
const budget = 20;

/** Findings on servers of their own, all in one moment; the lab takes as many at a time as the machine has room for. */
describe.each([
  { title: 'a storm of findings', throttlesEc2: false },
  { title: "a storm of findings under EC2's token buckets", throttlesEc2: true },
])('$title', ({ throttlesEc2 }) => {
  let lab: FaultLab;
  let folder: string;
  let seen: StormSeen;

  beforeAll(async () => {
    const synthesised = await synthesisePolicy({ version: 1, budgets: { windowMinutes: 60, servers: budget } });
    ({ folder } = synthesised);
    lab = await startFaultLab(loadTemplate(synthesised.assembly), {
      mostProcesses: availableParallelism() + 1,
      throttlesEc2,
    });
    seen = await playStorm(lab, { findings, budget });
  });

  afterAll(async () => {
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is cut up to the budget and no further, and a person is asked about the rest', () => {
    expect(seen.cut).toBe(budget);
    expect(seen.outcomes).toEqual({ contained: budget, 'awaiting-approval': findings - budget });
    expect(seen.questions).toBe(findings - budget);
  });

  it('loses nothing: every finding has its incident, told as it is, and everything comes back', () => {
    expect(seen.violations).toEqual([]);
  });

  it('counts each cut server once against the budget', async () => {
    const counted = lab.aws.gateway.calls.filter(({ operation }) => operation === 'UpdateItem');

    // One try for each finding: where it did not fit, nothing is added and nobody tries again. A throttled assessment
    // never came so far.
    expect(counted).toHaveLength(findings);
  });

  it('is listed whole to whoever has to answer', async () => {
    const { stdout } = await runFuse(['approvals', '--json'], lab.aws.environment);

    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly incidentId: string });
    expect(new Set(listed.map(({ incidentId }) => incidentId)).size).toBe(findings - budget);
  });
});
