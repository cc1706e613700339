import { actions } from '../../lambdas/shared/actions/index.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { Deployment } from '../template/deploy-template.ts';
import type { LoadedTemplate } from '../template/template.ts';
import { isChanging } from './changing-calls.ts';

/** What can happen to a call. `after` is the harder half: the effect is there and nobody heard of it. */
export const callFaults = [
  'kill before',
  'kill after',
  'kill after, deliver again',
  'throttle once',
  'throttle on',
  'error 500 once',
  'refuse once',
  'time out',
  'lose answer',
  'lose answer at once',
] as const;

/** What can happen to a run as a whole. */
export const runFaults = [
  'deliver twice in sequence',
  'deliver twice at once',
  'agent lost before',
  'agent lost after the script ran',
  'one agent lost before',
  'one agent lost after the script ran',
  'answers in pages',
  'lifeline tag on the way',
  'lifeline tag while calls wait',
  'fuse off while calls wait',
] as const;

export type CallFault = (typeof callFaults)[number];
export type RunFault = (typeof runFaults)[number];

/** A call as it will come again in the next run: who makes it, what it is, the how-manieth of its kind. */
export interface CallMark {
  /** Stem of the function, or of the machine that invokes one. */
  readonly caller: string;
  readonly service: string;
  readonly operation: string;
  readonly nth: number;
}

/** One fault at one place. */
export type FaultPoint =
  | { readonly kind: CallFault; readonly mark: CallMark; readonly subject: string }
  | { readonly kind: RunFault };

/** Says who made a call: a function by its key, a state machine by its ARN; null for everybody else. */
export function readCaller(call: ServiceCall, deployment: Deployment): string | null {
  const logicalId =
    deployment.functionOf(call.caller) ??
    deployment
      .logicalIdsOf('AWS::StepFunctions::StateMachine')
      .find((machine) => deployment.physicalIdOf(machine) === call.caller);
  return logicalId === undefined ? null : nameCaller(logicalId);
}

/** Everybody in the app who makes calls: all of them have to be struck at by some run. */
export function listCallers({ template }: LoadedTemplate): string[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function' || Type === 'AWS::StepFunctions::StateMachine')
    .map(([logicalId]) => nameCaller(logicalId));
}

/** `…FunctionsStopServiceFunction…` → `stop-service`, `…WorkflowsCutByProfileStateMachine…` → `cut-by-profile-machine`. */
export function nameCaller(logicalId: string): string {
  const [, name = logicalId, ending] =
    /(?:Functions|Workflows|Reviews)(\w+)(Function|StateMachine)[0-9A-F]{8}$/.exec(logicalId) ?? [];
  const stem = name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return ending === 'StateMachine' ? `${stem}-machine` : stem;
}

/** Counts the calls of each kind as they come and gives each its mark. */
export class CallCounter {
  readonly #deployment: Deployment;
  readonly #seen = new Map<string, number>();

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  mark(call: ServiceCall): CallMark | null {
    const caller = readCaller(call, this.#deployment);
    if (caller === null) return null;
    const { service, operation } = call;
    const key = `${caller} ${service} ${operation}`;
    const nth = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, nth);
    return { caller, service, operation, nth };
  }
}

/** Functions that ask the guard before they change something. */
export const cuttingFunctions: ReadonlySet<string> = new Set(Object.keys(actions));

/** Faults that need a process to kill; a machine's own calls have none. */
const killing = new Set<CallFault>(['kill before', 'kill after', 'kill after, deliver again']);

/** Time runs while a call hangs, seconds of it: one call for each service and each way to give it up. */
const hanging =
  /^(PutItem|Query|DescribeInstances|ModifyNetworkInterfaceAttribute|AssociateAddress|ModifyListener|RegisterTargets|ChangeResourceRecordSets|EnterStandby|ExitStandby|RebootDBInstance|FailoverDBCluster|SendCommand|PutEvents)$/;

function isPossible(kind: CallFault, mark: CallMark, during: 'respond' | 'restore'): boolean {
  const { caller, service, operation, nth } = mark;
  const byMachine = caller.endsWith('-machine');
  if (byMachine && killing.has(kind)) return false;
  // A function that still runs while its caller tries again: two of them work on one thing at the same time.
  if (kind === 'lose answer at once') return service === 'lambda';
  if (kind === 'time out') return nth === 1 && hanging.test(operation);
  // A read that is refused is a failed lookup, as one that is throttled on.
  if (kind === 'refuse once') return byMachine || isChanging(operation);
  // A crash at a read leaves what the crash at the write before it left: once is enough.
  return kind !== 'kill after, deliver again' || (during === 'respond' && isChanging(operation));
}

/** All points of a run, from the calls of its clean play: a call that is new in the code is a point by itself. */
export function listPoints(
  calls: readonly ServiceCall[],
  deployment: Deployment,
  { during, servers }: { readonly during: 'respond' | 'restore'; readonly servers: number },
): FaultPoint[] {
  const counter = new CallCounter(deployment);
  const points = calls.flatMap((call): FaultPoint[] => {
    const mark = counter.mark(call);
    if (mark === null) return [];
    const kinds = callFaults.filter((kind) => isPossible(kind, mark, during));
    return kinds.map((kind) => ({ kind, mark, subject: readSubject(call) }));
  });
  const isCutting = points.some((point) => 'mark' in point && cuttingFunctions.has(point.mark.caller));
  const whole = runFaults.filter((kind) => {
    if (isSparing(kind)) return during === 'respond' && isCutting;
    if (kind.startsWith('one agent')) return servers > 1;
    return during === 'respond' || !kind.startsWith('deliver');
  });
  return [...points, ...whole.map((kind) => ({ kind }))];
}

/** Whether a server that is about to be cut must not be, from then on. */
export function isSparing(kind: CallFault | RunFault): boolean {
  return groups[kind as RunFault] === 'guard';
}

/** What a call is about, for people: the key of an item, the step of a payload. */
function readSubject({ input, operation }: ServiceCall): string {
  const text = JSON.stringify(input);
  const found = /"sk":\{"S":"([^"]+)"/.exec(text) ?? /"pk":\{"S":"([^"]+)"/.exec(text) ?? /"step":"([^"]+)"/.exec(text);
  return operation === 'Query' ? (/":pk":\{"S":"([^"]+)"/.exec(text)?.[1] ?? '') : (found?.[1] ?? '');
}

/** A point in one line. */
export function describePoint(point: FaultPoint): string {
  if (!('mark' in point)) return point.kind;
  const { caller, service, operation, nth } = point.mark;
  return `${point.kind}: ${caller} ${service}:${operation} ${nth}${point.subject === '' ? '' : ` (${point.subject})`}`;
}

const groups: Readonly<Record<RunFault, string>> = {
  'deliver twice in sequence': 'delivery',
  'deliver twice at once': 'delivery',
  'agent lost before': 'agent',
  'agent lost after the script ran': 'agent',
  'one agent lost before': 'agent',
  'one agent lost after the script ran': 'agent',
  'answers in pages': 'pages',
  'lifeline tag on the way': 'guard',
  'lifeline tag while calls wait': 'guard',
  'fuse off while calls wait': 'guard',
};

/** Whose line a point counts in: the function's, the machine's, or that of the run's surroundings. */
export function groupOf(point: FaultPoint): string {
  return 'mark' in point ? point.mark.caller : groups[point.kind];
}
