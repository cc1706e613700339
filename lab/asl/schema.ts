import * as z from 'zod';

import type { Json } from './json.ts';

// The longest time and the largest count the service accepts in one field.
const MAX_SECONDS = 99_999_999;
const MAX_RETRY_DELAY_SECONDS = 31_622_400;

const Comment = z.string().optional();
const StateName = z.string().min(1).max(80);
const ErrorName = z.string().min(1);
// Any JSON: strings in it may be expressions, which are checked after the shape.
const JsonSchema: z.ZodType<Json> = z.json();
/** Names of variables: an identifier, at most 80 characters, never a path such as `x.y`. */
const VariableName = z.string().regex(/^[\p{ID_Start}][\p{ID_Continue}]{0,79}$/u, 'is not a variable name');
const Assign = z.record(VariableName, JsonSchema).optional();
// `[^]` and not `.`: expressions may run over several lines.
const Expression = z.string().regex(/^\{%[^]*%\}$/u, 'wants a JSONata expression "{% ... %}"');
const OnlyJsonata = z.literal('JSONata', { error: 'wants "JSONata": JSONPath is not supported here' });

// A constant is checked here, the value of an expression when it has one.
function integer(least: number, most: number): z.ZodType<number | string> {
  return z.union([z.int().min(least).max(most), Expression]);
}

const RetrierSchema = z.strictObject({
  Comment,
  ErrorEquals: z.array(ErrorName).min(1),
  IntervalSeconds: z.int().min(1).max(MAX_SECONDS).optional(),
  MaxAttempts: z.int().min(0).max(MAX_SECONDS).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).max(MAX_RETRY_DELAY_SECONDS).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
});

const CatcherSchema = z.strictObject({
  Comment,
  ErrorEquals: z.array(ErrorName).min(1),
  Next: StateName,
  Assign,
  Output: JsonSchema.optional(),
});

const ChoiceRuleSchema = z.strictObject({
  Comment,
  Condition: z.union([z.boolean(), Expression]),
  Next: StateName,
  Assign,
  Output: JsonSchema.optional(),
});

// Fields by what a state can do: be named; yield an output; move on; retry and catch.
const named = { Comment, QueryLanguage: OnlyJsonata.optional() };
const yielding = { ...named, Output: JsonSchema.optional() };
const moving = { ...yielding, Assign, Next: StateName.optional(), End: z.literal(true).optional() };
const resilient = {
  ...moving,
  Retry: z.array(RetrierSchema).optional(),
  Catch: z.array(CatcherSchema).optional(),
};

/** A set of states with a start: the machine itself, a branch of a Parallel, the processor of a Map. */
export interface Workflow {
  readonly Comment?: string | undefined;
  readonly StartAt: string;
  readonly States: StatesByName;
}

/** The states of one workflow. An interface, because a type alias could not refer to itself through the schema. */
export interface StatesByName {
  readonly [name: string]: State;
}

// Lazy, because a branch holds states that hold branches.
const States: z.ZodType<StatesByName> = z.lazy(() => z.record(StateName, StateSchema));
const BranchSchema = z.strictObject({ Comment, StartAt: StateName, States });
// DISTRIBUTED would start child executions; nothing here does.
const ProcessorSchema = z.strictObject({
  Comment,
  ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
  StartAt: StateName,
  States,
});

const TaskSchema = z.strictObject({
  Type: z.literal('Task'),
  ...resilient,
  Resource: z.string().startsWith('arn:', 'wants a constant ARN'),
  // Required, although the service has a default: no integration the product uses works without.
  Arguments: JsonSchema,
  TimeoutSeconds: integer(1, MAX_SECONDS).optional(),
  HeartbeatSeconds: integer(1, MAX_SECONDS).optional(),
});
const ParallelSchema = z.strictObject({
  Type: z.literal('Parallel'),
  ...resilient,
  Arguments: JsonSchema.optional(),
  Branches: z.array(BranchSchema).min(1),
});
const MapSchema = z.strictObject({
  Type: z.literal('Map'),
  ...resilient,
  Items: z.union([z.array(JsonSchema), Expression]).optional(),
  ItemSelector: JsonSchema.optional(),
  ItemProcessor: ProcessorSchema,
  MaxConcurrency: integer(0, MAX_SECONDS).optional(),
});
const ChoiceSchema = z.strictObject({
  Type: z.literal('Choice'),
  ...yielding,
  Assign,
  Choices: z.array(ChoiceRuleSchema).min(1),
  Default: StateName.optional(),
});
const WaitSchema = z
  .strictObject({
    Type: z.literal('Wait'),
    ...moving,
    Seconds: integer(0, MAX_SECONDS).optional(),
    Timestamp: z.string().optional(),
  })
  .refine((state) => (state.Seconds === undefined) !== (state.Timestamp === undefined), {
    error: 'wants exactly one of Seconds and Timestamp',
  });

const StateSchema = z.discriminatedUnion(
  'Type',
  [
    z.strictObject({ Type: z.literal('Pass'), ...moving }),
    z.strictObject({ Type: z.literal('Succeed'), ...yielding }),
    z.strictObject({ Type: z.literal('Fail'), ...named, Error: z.string().optional(), Cause: z.string().optional() }),
    TaskSchema,
    ParallelSchema,
    MapSchema,
    ChoiceSchema,
    WaitSchema,
  ],
  { error: 'wants a Type of Pass, Task, Choice, Wait, Succeed, Fail, Parallel or Map' },
);

/** Schema of a whole machine. Every field the interpreter does not honour is refused. */
export const MachineSchema = z.strictObject({
  Comment,
  // The only version there is.
  Version: z.literal('1.0').optional(),
  QueryLanguage: OnlyJsonata,
  TimeoutSeconds: z.int().min(1).max(MAX_SECONDS).optional(),
  StartAt: StateName,
  States,
});

/** A machine, parsed. */
export type Machine = z.infer<typeof MachineSchema>;
/** One state, by `Type`. */
export type State = z.infer<typeof StateSchema>;
/** The state of one type. */
export type StateOf<T extends State['Type']> = Extract<State, { Type: T }>;
/** States that may retry and catch. */
export type ResilientState = StateOf<'Task' | 'Parallel' | 'Map'>;
/** An entry of `Retry`. */
export type Retrier = z.infer<typeof RetrierSchema>;
/** An entry of `Catch`. */
export type Catcher = z.infer<typeof CatcherSchema>;
