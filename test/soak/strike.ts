import type { FaultLab } from '../../lab/faults/fault-lab.ts';
import type { Fault, Intercept } from '../../lab/services/gateway.ts';

/** Faults by kind, counted as they struck. */
export type Struck = Record<'throttled' | 'answerLost' | 'killed', number>;

// Primes, so that the kinds of calls take turns in being hit.
const everyThrottled = 61;
const everyLost = 149;
const everyKilled = 307;

const throttles: Readonly<Record<string, Fault['error']>> = {
  ec2: { code: 'RequestLimitExceeded', message: 'Made by the soak', status: 503 },
  ssm: { code: 'ThrottlingException', message: 'Made by the soak', status: 400 },
  dynamodb: { code: 'ThrottlingException', message: 'Made by the soak', status: 400 },
};

/** Strikes at the calls of the functions in a fixed rhythm; what it did stands in `struck`. */
export function strikeInRhythm(lab: FaultLab, struck: Struck): Intercept {
  let calls = 0;
  return (call) => {
    const error = throttles[call.service];
    if (error === undefined || lab.deployment.functionOf(call.caller) === undefined) return undefined;
    calls += 1;
    if (calls % everyKilled === 0) {
      struck.killed += 1;
      return { afterwards: async () => await lab.aws.lambda.killCaller(call.session ?? '') };
    }
    if (calls % everyLost === 0) {
      struck.answerLost += 1;
      return { loseAnswer: true };
    }
    if (calls % everyThrottled !== 0) return undefined;
    struck.throttled += 1;
    return { error };
  };
}
