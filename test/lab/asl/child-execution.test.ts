import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readChildEnd, toChildInput, toSubmission } from '../../../lab/asl/child-execution.ts';
import { StateFailure } from '../../../lab/asl/failure.ts';
import type { Json, JsonObject } from '../../../lab/asl/json.ts';

const START = 'arn:aws:states:::states:startExecution';
const ended: JsonObject = {
  executionArn: 'arn:e',
  stateMachineArn: 'arn:m',
  name: 'n',
  startDate: 1_790_676_767.025,
  stopDate: 1_790_676_767.071,
  redriveCount: 0,
  input: '{"k":1}',
  inputDetails: { included: true },
};
const succeeded: JsonObject = {
  ...ended,
  status: 'SUCCEEDED',
  redriveStatus: 'NOT_REDRIVABLE',
  output: '{"ok":true}',
  outputDetails: { included: true },
};

function failureOf(description: JsonObject, resource: string): StateFailure {
  try {
    readChildEnd(description, resource);
  } catch (error) {
    if (error instanceof StateFailure) return error;
  }
  throw new Error('Expected a failed state');
}

describe('readChildEnd', () => {
  it('gives the description with its names capitalised, keys in order and dates in milliseconds', () => {
    expect(JSON.stringify(readChildEnd(succeeded, `${START}.sync`))).toBe(
      '{"ExecutionArn":"arn:e","Input":"{\\"k\\":1}","InputDetails":{"Included":true},"Name":"n","Output":"{\\"ok\\":true}",' +
        '"OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","StartDate":1790676767025,' +
        '"StateMachineArn":"arn:m","Status":"SUCCEEDED","StopDate":1790676767071}',
    );
  });

  it('reads input and output as JSON where the resource asks for it', () => {
    expect(readChildEnd(succeeded, `${START}.sync:2`)).toMatchObject({ Input: { k: 1 }, Output: { ok: true } });
  });

  it.each([
    [
      'an error and a cause',
      { status: 'FAILED', error: 'Boom', cause: 'why' },
      '"Cause":"why","Error":"Boom",',
      'FAILED',
    ],
    ['an error alone', { status: 'FAILED', error: 'States.Timeout' }, '"Error":"States.Timeout",', 'FAILED'],
    ['neither', { status: 'TIMED_OUT' }, '', 'TIMED_OUT'],
    ['a stop', { status: 'ABORTED', cause: 'stopped' }, '"Cause":"stopped",', 'ABORTED'],
  ])('fails with States.TaskFailed and the description as cause after %s', (_name, end, head, status) => {
    const description = { ...ended, ...end, redriveStatus: 'REDRIVABLE' };

    for (const resource of [`${START}.sync`, `${START}.sync:2`]) {
      expect(failureOf(description, resource)).toMatchObject({
        error: 'States.TaskFailed',
        cause:
          `{${head}"ExecutionArn":"arn:e","Input":"{\\"k\\":1}","InputDetails":{"Included":true},"Name":"n","RedriveCount":0,` +
          `"RedriveStatus":"REDRIVABLE","StartDate":1790676767025,"StateMachineArn":"arn:m","Status":"${status}","StopDate":1790676767071}`,
      });
    }
  });
});

describe('toSubmission', () => {
  it('gives what StartExecution answered, with the words of the SDK', () => {
    const at = new Date('2026-01-01T00:00:00Z');

    const submission = toSubmission({ executionArn: 'arn:e', startDate: 1.5 }, 'id', at);

    expect(Object.keys(submission)).toEqual(['ExecutionArn', 'SdkHttpMetadata', 'SdkResponseMetadata', 'StartDate']);
    expect(submission).toMatchObject({
      ExecutionArn: 'arn:e',
      StartDate: 1500,
      SdkResponseMetadata: { RequestId: 'id' },
      SdkHttpMetadata: {
        HttpStatusCode: 200,
        HttpHeaders: { 'Content-Length': '40', Date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'x-amzn-RequestId': 'id' },
        AllHttpHeaders: { 'x-amzn-RequestId': ['id'] },
      },
    });
  });
});

describe('toChildInput', () => {
  it.each<[Json | undefined, string]>([
    [undefined, '{}'],
    [null, '{}'],
    ['{"a":1}', '{"a":1}'],
    ['text', 'text'],
    [0, '0'],
  ])('takes %j as %s', (input, text) => {
    expect(toChildInput(input)).toBe(text);
  });

  it('writes every structure so that the child reads the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (input) => {
        expect(JSON.parse(toChildInput(input as Json))).toEqual(JSON.parse(JSON.stringify(input)));
      }),
    );
  });
});
