import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Fault, Intercept } from '../services/gateway.ts';
import { ServiceError } from '../services/wire/service-error.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { isTouching } from './changing-calls.ts';
import type { FaultLab } from './fault-lab.ts';
import { CallCounter, cuttingFunctions, readCaller } from './point.ts';
import type { CallFault, CallMark } from './point.ts';

/** A fault hook, and whether its call came by. */
export interface Injection {
  readonly intercept: Intercept;
  wasMet(): boolean;
  /** Calls that were refused, so that they changed nothing. Left out: judged as if they had. */
  readonly refused?: ReadonlySet<ServiceCall>;
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
  elasticloadbalancing: {
    throttled: ['Throttling', 400],
    failed: ['InternalFailure', 500],
    refused: 'AccessDenied',
  },
  rds: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500], refused: 'AccessDenied' },
  route53: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500], refused: 'AccessDenied' },
  autoscaling: { throttled: ['Throttling', 400], failed: ['InternalFailure', 500], refused: 'AccessDenied' },
  cloudwatch: { throttled: ['Throttling', 400], failed: ['InternalServiceFault', 500], refused: 'AccessDenied' },
  lambda: {
    throttled: ['TooManyRequestsException', 429],
    failed: ['ServiceException', 500],
    refused: 'AccessDeniedException',
  },
  states: { throttled: ['ThrottlingException', 400], failed: ['SfnException', 500], refused: 'AccessDeniedException' },
};

/** Longer than the functions wait for an answer; at least one of their tries is given up. */
const hangMs = 5_500;

/** Makes a server a lifeline after it was assessed, at the first call of a function that cuts: the guard must see it. */
export function tagOnTheWay(lab: FaultLab, instanceId: string): Injection {
  let isMet = false;
  return {
    wasMet: () => isMet,
    whenSettled: async () => await Promise.resolve(),
    intercept: (call) => {
      if (isMet || !cuttingFunctions.has(readCaller(call, lab.deployment) ?? '')) return undefined;
      isMet = true;
      tagAsLifeline(lab, instanceId);
      return undefined;
    },
  };
}

/** By so many refusals of one call a function has waited for longer than a look of the guard counts. */
const refusalsUntilOld = 15;

/**
 * Protects at the first call that would change a server, and lets that call and others wait for AWS's rate: the guard was
 * passed long ago, and must be asked again.
 */
export function protectWhileWaiting(lab: FaultLab, protect: () => Promise<unknown>): Injection {
  const refused = new Set<ServiceCall>();
  const counts = new Map<string, number>();
  return {
    refused,
    wasMet: () => refused.size > 0,
    whenSettled: async () => await Promise.resolve(),
    intercept: async (call) => {
      const caller = readCaller(call, lab.deployment) ?? '';
      const say = words[call.service];
      if (!cuttingFunctions.has(caller) || !isTouching(call) || say === undefined) return undefined;
      const isFirst = refused.size === 0;
      const key = `${caller} ${JSON.stringify(call.input)}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > refusalsUntilOld) return undefined;
      refused.add(call);
      if (isFirst) await protect();
      return { error: toError(say.throttled) };
    },
  };
}

/** Somebody protects a server. */
export function tagAsLifeline({ aws }: FaultLab, instanceId: string): void {
  aws.ec2.model.setTags(instanceId, { [tagKeys.lifeline]: 'clearing' });
}

/** Cuts every list into the smallest pages its service knows: whoever reads only the first one misses the rest. */
export function cutIntoPages(): Injection {
  let isMet = false;
  return {
    wasMet: () => isMet,
    whenSettled: async () => await Promise.resolve(),
    intercept: ({ service, operation, input }) => {
      const smallest = smallestPages[`${service} ${operation}`];
      const asked = input as Readonly<Record<string, unknown>>;
      const [name = ''] = Object.keys(smallest ?? {});
      // EC2 takes no page size beside ids, and the size of a page that is being turned must not change.
      if (smallest === undefined || Object.keys(asked).some((key) => /Id$|Ids$/.test(key) && key !== 'CommandId')) {
        return undefined;
      }
      isMet = true;
      return asked[name] !== undefined && service === 'dynamodb' ? undefined : { input: { ...asked, ...smallest } };
    },
  };
}

const fiveOfThem = { MaxResults: '5' };
const smallestPages: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'dynamodb Query': { Limit: 1 },
  'ssm ListCommandInvocations': { MaxResults: 1 },
  'ec2 DescribeInstances': fiveOfThem,
  'ec2 DescribeNetworkInterfaces': fiveOfThem,
  'ec2 DescribeSecurityGroupRules': fiveOfThem,
};

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
    case 'time out':
      // Nobody hears it any more; the delay is the fault.
      return { delayMs: hangMs, error: toError(say.failed) };
    case 'lose answer':
      if (call.service === 'states') return { afterwards: loseStart };
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

/** A child that was started, or told of, without the machine hearing of it. */
async function loseStart(): Promise<never> {
  return await Promise.reject(new ServiceError('SdkClientException', 'The answer was lost', 500));
}

function toError([code, status]: readonly [string, number]): WireError {
  return { code, status, message: 'Made by the lab' };
}
