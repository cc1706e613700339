import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Fault, Intercept } from '../services/gateway.ts';
import { ServiceError } from '../services/wire/service-error.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { FaultLab } from './fault-lab.ts';
import { CallCounter, cuttingFunctions, readCaller } from './point.ts';
import type { CallFault, CallMark } from './point.ts';

/** A fault hook, and whether its call came by. */
export interface Injection {
  readonly intercept: Intercept;
  wasMet(): boolean;
  /** Resolves when nothing runs any more that its caller gave up. */
  whenSettled(): Promise<void>;
}

type WireError = NonNullable<Fault['error']>;

/** How each service asks to slow down, fails and refuses, in its own words. */
const words: Readonly<Record<string, { throttled: [string, number]; failed: [string, number]; refused: string }>> = {
  ec2: { throttled: ['RequestLimitExceeded', 503], failed: ['InternalError', 500], refused: 'UnauthorizedOperation' },
  ssm: {
    throttled: ['ThrottlingException', 400],
    failed: ['InternalServerError', 500],
    refused: 'AccessDeniedException',
  },
  dynamodb: {
    throttled: ['ThrottlingException', 400],
    failed: ['InternalServerError', 500],
    refused: 'AccessDeniedException',
  },
  events: {
    throttled: ['ThrottlingException', 400],
    failed: ['InternalException', 500],
    refused: 'AccessDeniedException',
  },
  cloudwatch: { throttled: ['Throttling', 400], failed: ['InternalServiceFault', 500], refused: 'AccessDenied' },
  lambda: {
    throttled: ['TooManyRequestsException', 429],
    failed: ['ServiceException', 500],
    refused: 'AccessDeniedException',
  },
};

/** Makes a server a lifeline after it was assessed, at the first call of a function that cuts: the guard must see it. */
export function tagOnTheWay(lab: FaultLab, instanceId: string): Injection {
  let isMet = false;
  return {
    wasMet: () => isMet,
    whenSettled: async () => await Promise.resolve(),
    intercept: (call) => {
      if (isMet || !cuttingFunctions.has(readCaller(call, lab.deployment) ?? '')) return undefined;
      isMet = true;
      lab.aws.ec2.model.setTags(instanceId, { [tagKeys.lifeline]: 'clearing' });
      return undefined;
    },
  };
}

/** Builds the hook that strikes at one call, and for `throttle on` at every call of its kind from there on. */
export function injectAt(lab: FaultLab, kind: CallFault, mark: CallMark): Injection {
  const counter = new CallCounter(lab.deployment);
  const abandoned: Promise<unknown>[] = [];
  let isMet = false;
  return {
    wasMet: () => isMet,
    whenSettled: async () => void (await Promise.allSettled(abandoned)),
    intercept: async (call) => {
      const seen = counter.mark(call);
      if (seen === null || !isSameKind(seen, mark)) return undefined;
      const strikes = kind === 'throttle on' ? seen.nth >= mark.nth : seen.nth === mark.nth;
      if (!strikes) return undefined;
      isMet = true;
      if (kind === 'lose answer at once') abandoned.push(invokeAside(lab, call));
      return await strike(lab, kind, call);
    },
  };
}

function isSameKind(left: CallMark, right: CallMark): boolean {
  return left.caller === right.caller && left.service === right.service && left.operation === right.operation;
}

async function strike(lab: FaultLab, kind: CallFault, call: ServiceCall): Promise<Fault> {
  const kill = async (): Promise<void> => await lab.aws.lambda.killCaller(call.session ?? '');
  const say = words[call.service];
  if (say === undefined) throw new Error(`No fault is known for service "${call.service}"`);
  switch (kind) {
    case 'kill before':
      await kill();
      // Nobody hears it: the error only keeps the call from taking effect.
      return { error: toError(say.failed) };
    case 'kill after':
    case 'kill after, deliver again':
      return { afterwards: kill };
    case 'throttle once':
    case 'throttle on':
      return { error: toError(say.throttled) };
    case 'error 500 once':
    case 'lose answer at once':
      return { error: toError(say.failed) };
    case 'refuse once':
      return { error: toError([say.refused, 403]) };
    case 'lose answer':
      return call.service === 'lambda' ? { afterwards: loseInvocation } : { loseAnswer: true };
    default:
      return kind satisfies never;
  }
}

/** Runs the function that a call asks for, without its caller. */
async function invokeAside({ aws }: FaultLab, { input }: ServiceCall): Promise<void> {
  const { FunctionName, Payload } = input as { readonly FunctionName: string; readonly Payload: unknown };
  await aws.lambda.invoke(FunctionName, JSON.stringify(Payload));
}

/** A function that ran and whose answer got lost: Step Functions tries again. */
async function loseInvocation(): Promise<never> {
  return await Promise.reject(new ServiceError('ServiceException', 'The answer was lost', 500));
}

function toError([code, status]: readonly [string, number]): WireError {
  return { code, status, message: 'Made by the lab' };
}
