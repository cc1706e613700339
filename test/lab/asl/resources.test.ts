import { describe, expect, it } from 'vitest';

import { splitResource, startsExecution, waitsForExecution, waitsForToken } from '../../../lab/asl/resources.ts';

const START = 'arn:aws:states:::states:startExecution';

describe('resources', () => {
  it.each<[string, { token?: true; starts?: true; waits?: true }]>([
    ['arn:aws:states:::lambda:invoke', {}],
    ['arn:aws:states:::lambda:invoke.waitForTaskToken', { token: true }],
    [START, { starts: true }],
    [`${START}.sync`, { starts: true, waits: true }],
    [`${START}.sync:2`, { starts: true, waits: true }],
    [`${START}.sync:3`, { starts: true }],
    [`${START}.waitForTaskToken`, { starts: true, token: true }],
    ['arn:aws-cn:states:::states:startExecution.sync', { starts: true, waits: true }],
    [`${START}s`, {}],
    ['arn:aws:states:::aws-sdk:sfn:startExecution', {}],
    ['arn:aws:states:::ecs:runTask.sync', {}],
  ])('%s', (resource, { token = false, starts = false, waits = false }) => {
    expect([waitsForToken(resource), startsExecution(resource), waitsForExecution(resource)]).toEqual([
      token,
      starts,
      waits,
    ]);
  });

  it('shows a resource with the version of its pattern', () => {
    expect(splitResource(`${START}.sync:2`)).toEqual({ resourceType: 'states', resource: 'startExecution.sync:2' });
  });
});
