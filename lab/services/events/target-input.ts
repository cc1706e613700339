import { ServiceError } from '../wire/service-error.ts';
import type { BusEvent } from './event.ts';

/** How a target's input is made from an event; at most one of the three, none means the whole event. */
export interface TargetInput {
  readonly input?: string | undefined;
  readonly inputPath?: string | undefined;
  readonly inputTransformer?: InputTransformer | undefined;
}

/** Paths into the event by name, and a template that uses the names. */
export interface InputTransformer {
  readonly inputPathsMap?: Readonly<Record<string, string>> | undefined;
  readonly inputTemplate: string;
}

/** What a template may name beside its own paths. */
export interface RuleIdentity {
  readonly ruleName: string;
  readonly ruleArn: string;
}

const maximumPaths = 100;
/** Dot notation with an optional index, as the transformer takes it. */
const pathPattern = /^\$(\.[\w/-]+(\[\d+\])?)*$/;

/** Refuses an input that PutTargets would refuse. */
export function checkTargetInput(target: TargetInput): void {
  const given = [target.input, target.inputPath, target.inputTransformer].filter((value) => value !== undefined);
  if (given.length > 1) throw invalid('only one of Input, InputPath and InputTransformer may be given');
  const paths = Object.entries(target.inputTransformer?.inputPathsMap ?? {});
  if (paths.length > maximumPaths)
    throw invalid(`an input transformer has at most 100 paths, received '${paths.length}'`);
  const reserved = paths.find(([name]) => /^aws/i.test(name));
  if (reserved !== undefined) throw invalid(`the name '${reserved[0]}' is reserved`);
  const allPaths = [...paths.map(([, path]) => path), ...(target.inputPath === undefined ? [] : [target.inputPath])];
  const bad = allPaths.find((path) => !pathPattern.test(path));
  if (bad !== undefined) throw invalid(`the path '${bad}' is not in dot notation`);
}

/** The text a target receives for an event. */
export function toTargetInput(target: TargetInput, event: BusEvent, rule: RuleIdentity): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(readPath(event, target.inputPath) ?? {});
  if (target.inputTransformer === undefined) return JSON.stringify(event);
  return transform(target.inputTransformer, event, rule);
}

/**
 * Fills a template. Inside quotes a value is written as text, outside as JSON. A variable whose path leads nowhere
 * becomes nothing inside quotes and `null` outside.
 */
function transform(
  { inputPathsMap = {}, inputTemplate }: InputTransformer,
  event: BusEvent,
  rule: RuleIdentity,
): string {
  const { detail: _, ...envelope } = event;
  const variables = new Map<string, unknown>([
    ...Object.entries(inputPathsMap).map(([name, path]) => [name, readPath(event, path)] as const),
    ['aws.events.rule-arn', rule.ruleArn],
    ['aws.events.rule-name', rule.ruleName],
    ['aws.events.event.ingestion-time', event.time],
    ['aws.events.event', envelope],
    ['aws.events.event.json', event],
  ]);
  let isQuoted = false;
  return inputTemplate.replaceAll(/\\.|"|<([\w.-]+)>/gsu, (whole, name: string | undefined) => {
    if (whole === '"') isQuoted = !isQuoted;
    if (name === undefined) return whole;
    if (!variables.has(name)) throw invalid(`the template names '${name}', for which there is no path`);
    const value = variables.get(name);
    return isQuoted ? toText(value) : (JSON.stringify(value) ?? 'null');
  });
}

/** Text inside quotes: escaped, so that the result stays JSON whatever the event holds. */
function toText(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

/** Follows a path step by step; a step into nothing is undefined, never an error. */
function readPath(event: unknown, path: string): unknown {
  const steps = [...path.matchAll(/\.([\w/-]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    event,
  );
}

function invalid(reason: string): ServiceError {
  return new ServiceError('ValidationException', `Target is not valid: ${reason}`);
}
