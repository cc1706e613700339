import { ServiceError } from '../wire/service-error.ts';
import { compilePattern } from './pattern.ts';
import type { EventPattern } from './pattern.ts';
import { readScheduleMs } from './schedule.ts';
import { checkTargetInput } from './target-input.ts';
import type { TargetInput } from './target-input.ts';

/** Where a rule sends what it matches, and what happens when that fails. */
export interface RuleTarget extends TargetInput {
  readonly id: string;
  readonly arn: string;
  /** Default: 86,400 s, EventBridge's own. */
  readonly maximumEventAgeSeconds?: number | undefined;
  /** Default: 185, EventBridge's own. */
  readonly maximumRetryAttempts?: number | undefined;
  /** Queue for events that could not be delivered. Default: none, they are lost. */
  readonly deadLetterArn?: string | undefined;
}

/** A rule as a test or a template writes it. */
export interface RuleSeed {
  readonly name: string;
  readonly arn: string;
  /** Name of the bus. Default: `default`. */
  readonly busName?: string | undefined;
  /** Exactly one of pattern and schedule, or both. */
  readonly pattern?: unknown;
  readonly scheduleExpression?: string | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly targets: readonly RuleTarget[];
}

/** A rule whose pattern is compiled and whose schedule is read. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly matches: EventPattern | undefined;
  /** Milliseconds between two firings; undefined for a rule without a schedule. */
  readonly scheduleMs: number | undefined;
  readonly isEnabled: boolean;
  readonly targets: readonly RuleTarget[];
}

/** EventBridge's hard limit. */
const maximumTargets = 5;

/** Checks a rule as PutRule and PutTargets do, and compiles its pattern once. */
export function compileRule(seed: RuleSeed): Rule {
  if (seed.pattern === undefined && seed.scheduleExpression === undefined) {
    throw new ServiceError(
      'ValidationException',
      `Rule '${seed.name}' has neither EventPattern nor ScheduleExpression`,
    );
  }
  if (seed.targets.length > maximumTargets) {
    throw new ServiceError('LimitExceededException', `Rule '${seed.name}' has more than ${maximumTargets} targets`);
  }
  for (const target of seed.targets) checkTargetInput(target);
  const { busName = 'default' } = seed;
  if (seed.scheduleExpression !== undefined && busName !== 'default') {
    throw new ServiceError('ValidationException', 'ScheduleExpression is supported only on the default event bus.');
  }
  return {
    name: seed.name,
    arn: seed.arn,
    busName,
    matches: seed.pattern === undefined ? undefined : compilePattern(seed.pattern),
    scheduleMs: seed.scheduleExpression === undefined ? undefined : readScheduleMs(seed.scheduleExpression),
    isEnabled: seed.isEnabled ?? true,
    targets: seed.targets,
  };
}
