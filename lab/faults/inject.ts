import type { Fault, Intercept } from '../services/gateway.ts';
import { ServiceError } from '../services/wire/service-error.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { FaultLab } from './fault-lab.ts';
import { CallCounter } from './point.ts';
import type { CallFault, CallMark } from './point.ts';

/** A fault hook, and whether its call came by. */
export interface Injection {
  readonly intercept: Intercept;
  wasMet(): boolean;
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

/** Builds the hook that strikes at one call, and for `throttle on` at every call of its kind from there on. */
export function injectAt(lab: FaultLab, kind: CallFault, mark: CallMark): Injection {
  const counter = new CallCounter(lab.deployment);
  let isMet = false;
  return {
    wasMet: () => isMet,
    intercept: async (call) => {
      const seen = counter.mark(call);
      if (seen === null || !isSameKind(seen, mark)) return undefined;
      const strikes = kind === 'throttle on' ? seen.nth >= mark.nth : seen.nth === mark.nth;
      if (!strikes) return undefined;
      isMet = true;
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
      return { error: toError(say.failed) };
    case 'refuse once':
      return { error: toError([say.refused, 403]) };
    case 'lose answer':
      return call.service === 'lambda' ? { afterwards: loseInvocation } : { loseAnswer: true };
    default:
      return kind satisfies never;
  }
}

/** A function that ran and whose answer got lost: Step Functions tries again. */
async function loseInvocation(): Promise<never> {
  return await Promise.reject(new ServiceError('ServiceException', 'The answer was lost', 500));
}

function toError([code, status]: readonly [string, number]): WireError {
  return { code, status, message: 'Made by the lab' };
}
