import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../lab/latency/build-plan.ts';
import type { Plan } from '../../lab/latency/plan-step.ts';
import { buildCall, buildHistory, buildInvocation, buildInvokeEvents, buildMove } from './recorded.ts';

const isolate = { StateMachineArn: 'isolate', Name: 'child' };
const respond = {
  name: 'parent',
  history: buildHistory([
    { type: 'ExecutionStarted' },
    ...buildInvokeEvents('assess'),
    { type: 'ChoiceStateEntered' },
    { type: 'ChoiceStateExited' },
    { type: 'TaskStateEntered' },
    { type: 'TaskScheduled', details: { resource: 'startExecution.sync:2', parameters: isolate } },
    { type: 'TaskSubmitted' },
    { type: 'TaskSucceeded' },
    ...buildInvokeEvents('close'),
  ]),
  invocations: [buildInvocation('assess', [buildCall({ startMs: 4 })]), buildInvocation('close', [])],
};
const child = {
  name: 'child',
  history: buildHistory([
    { type: 'ExecutionStarted' },
    { type: 'ParallelStateEntered' },
    ...buildInvokeEvents('revoke'),
  ]),
  invocations: [buildInvocation('revoke', [buildMove()])],
};

/** Operations on the way to a step, from the event on. */
function wayTo(plan: Plan, operation: string): string[] {
  const way: string[] = [];
  let place = plan.findIndex((step) => step.operation === operation);
  while (place !== -1) {
    const step = plan[place];
    way.unshift(step?.operation ?? '');
    place = step?.waits[0]?.of[0] ?? -1;
  }
  return way;
}

const ended = { outcome: 'contained', reason: '' };

describe('buildPlan', () => {
  it('goes from the event through the machines and their children to the cut', () => {
    const plan = buildPlan({ ...ended, executions: [respond, child] });

    expect(wayTo(plan, 'ModifyNetworkInterfaceAttribute')).toEqual([
      'delivery',
      'startExecution',
      'transition',
      'Invoke',
      'return',
      'transition',
      'transition',
      'startExecution',
      'transition',
      'transition',
      'Invoke',
      'ModifyNetworkInterfaceAttribute',
    ]);
  });

  it('lets a function be done when all its calls are', () => {
    const plan = buildPlan({ ...ended, executions: [respond, child] });

    const done = plan.find(({ kind, stem }) => kind === 'return' && stem === 'assess');
    expect(done?.waits).toEqual([{ of: [3, 4], count: 2 }]);
  });

  it('leaves out what comes after the end of a child machine', () => {
    const plan = buildPlan({ ...ended, executions: [respond, child] });

    expect(plan.filter(({ kind }) => kind === 'invoke').map(({ stem }) => stem)).toEqual(['assess', 'revoke']);
  });

  it('keeps every step behind those it waits for, and our own time before it', () => {
    const plan = buildPlan({ ...ended, executions: [respond, child] });

    expect(plan.every(({ waits }, place) => waits.every(({ of }) => of.every((other) => other < place)))).toBe(true);
    expect(plan.find(({ operation }) => operation === 'PutItem')?.ownMs).toBe(4);
  });

  it('waits before a task that is tried again as long as the machine was seen to wait', () => {
    const scheduled = {
      type: 'TaskScheduled',
      details: { resource: 'invoke', parameters: { FunctionName: 'assess' } },
    };
    const history = buildHistory([
      { type: 'ExecutionStarted' },
      { type: 'TaskStateEntered' },
      scheduled,
      { type: 'TaskFailed' },
      { ...scheduled, timestamp: '2026-03-04T09:20:05.750Z' },
    ]);
    const invocations = [buildInvocation('assess', []), buildInvocation('assess', [buildMove()])];

    const plan = buildPlan({ ...ended, executions: [{ name: 'parent', history, invocations }] });

    expect(plan.find(({ operation }) => operation === 'retry')?.ownMs).toBe(750);
    expect(wayTo(plan, 'ModifyNetworkInterfaceAttribute')).toContain('retry');
  });

  it('refuses a run in which nothing happened, and one whose calls are not there', () => {
    expect(() => buildPlan({ ...ended, executions: [] })).toThrow('no state machine ran');
    expect(() => buildPlan({ ...ended, executions: [{ ...respond, invocations: [] }] })).toThrow('"assess"');
  });
});
