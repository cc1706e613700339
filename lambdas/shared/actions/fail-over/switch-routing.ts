import { codeOf, describeError, retryWhile, isThrottling, type Timing } from '../../clients/aws-errors.ts';
import type { Change, Json, Observation, Undoing } from '../action.ts';
import { isTransient, retryTransient } from '../retry-transient.ts';
import { findStandingCut } from './judge-standby.ts';
import type { Mechanism, Way } from './mechanism.ts';
import { openSwitch, type Switch } from './open-mechanism.ts';
import type { FailOverTools } from './plan-fail-over.ts';

/** Between two looks at what has become of a switch. Route 53 answers five calls a second for a whole account. */
const pauseMs = 2000;

/** Words for "another change of this resource is under way": the same call may well succeed a moment later. */
const busyCodes = new Set([
  'PriorRequestNotComplete',
  'ResourceContention',
  'ResourceContentionFault',
  'ResourceInUse',
]);

/** Words for a resource that is gone: then there is nothing left to put back. */
const goneCode = /^(Listener|Rule|TargetGroup|AutoScalingGroup|DBInstance|DBCluster)NotFound(Exception|Fault)?$/;
const goneCodes = new Set(['InvalidAllocationID.NotFound', 'NoSuchHostedZone']);

/** Makes the calls of a switch, again for as long as the failure may pass and a second call does no harm. */
export async function route(
  { mechanism, way }: Switch,
  present: Json,
  timing: Timing,
  deadlineMs: number,
  ask: () => Promise<void> = nobodyAsked,
): Promise<void> {
  const mayPass = (error: unknown) =>
    mechanism.isRepeatable ? isTransient(error) || busyCodes.has(codeOf(error)) : isThrottling(error);
  await retryWhile(mayPass, timing, deadlineMs, async () => {
    await ask();
    await mechanism.route(present, way, deadlineMs, ask);
  });
}

/** Leading back is a person's decision: nobody is asked. */
const nobodyAsked = async () => Promise.resolve();

/** What was seen at the last look. */
interface Look {
  readonly held: boolean;
  /** Null when the routing could not be read. */
  readonly seen: Json;
  readonly reason: string;
}

/** Looks until the routing reads as wanted and those at its end carry it, or until the time is over. */
export async function watch({ mechanism, way }: Switch, timing: Timing, deadlineMs: number): Promise<Look> {
  for (;;) {
    const look = await lookOnce(mechanism, way);
    if (look.held || timing.nowMs() + pauseMs > deadlineMs) return look;
    await timing.sleep(pauseMs);
  }
}

async function lookOnce(mechanism: Mechanism, way: Way<Json>): Promise<Look> {
  try {
    const seen = await mechanism.read();
    if (mechanism.place(seen, way) !== 'to')
      return { held: false, seen, reason: 'Not seen in time: it reads as before the call' };
    const why = await mechanism.settle(way);
    return { held: why === null, seen, reason: why === null ? 'Read back, and carried' : `Not seen in time: ${why}` };
  } catch (error) {
    return { held: false, seen: null, reason: describeError(error) };
  }
}

/** Reads one switch back. */
export async function observeSwitch(
  change: Change,
  opened: Switch,
  timing: Timing,
  deadlineMs: number,
): Promise<Observation> {
  return { target: change.target, ...(await watch(opened, timing, deadlineMs)), connectionsCut: 0 };
}

/**
 * Fails back, three-way: only what still is as the fail-over left it, whole or half done, and only when those who carried
 * the service before can carry it again and are cut no more. `seen` is what the fail-over last saw.
 */
export async function failBack(
  change: Change,
  seen: Json | undefined,
  tools: FailOverTools,
  deadlineMs: number,
): Promise<Undoing> {
  const { target } = change;
  try {
    const { mechanism, way } = openSwitch(change, tools);
    const read = async () => retryTransient(tools.timing, deadlineMs, async () => mechanism.read());
    const underWay = await waitUntilStill(mechanism, tools.timing, deadlineMs);
    if (underWay !== null) {
      return { target, status: 'failed', reason: `A switch may be under way: ${underWay}. Restore again to look` };
    }
    const back: Switch = { mechanism, way: { before: way.to, to: way.before } };
    const lookNow = async () => {
      const present = await read();
      const found = judgePlace(mechanism, way, present, seen);
      const end = found === null ? null : await seeArrived(found, back, present, tools.timing, deadlineMs);
      return { present, end };
    };
    const { end: soon } = await lookNow();
    if (soon !== null) return { target, ...soon };
    const hindrance = await waitUntilFree(back, tools, deadlineMs);
    if (hindrance !== null) {
      const reason = `Stays on the standby, the former path cannot carry it yet: ${hindrance}. Mend it and restore again`;
      return { target, status: 'failed', reason };
    }
    // An earlier try may have come to its end while this one waited.
    const { present, end: meanwhile } = await lookNow();
    if (meanwhile !== null) return { target, ...meanwhile };
    await route(back, present, tools.timing, deadlineMs);
    const { held, reason } = await watch(back, tools.timing, deadlineMs);
    if (held) return { target, status: 'undone', reason: 'The former routing is back' };
    return { target, status: 'failed', reason: `${reason}. Restore again to look` };
  } catch (error) {
    const code = codeOf(error);
    const isGone = goneCode.test(code) || goneCodes.has(code);
    return { target, status: isGone ? 'irreversible' : 'failed', reason: describeError(error) };
  }
}

/**
 * A routing that reads as before may not have arrived everywhere, where an earlier try broke off after its call. Only the
 * same call once more tells.
 */
async function seeArrived(
  found: Omit<Undoing, 'target'>,
  back: Switch,
  present: Json,
  timing: Timing,
  deadlineMs: number,
): Promise<Omit<Undoing, 'target'>> {
  if (found.status !== 'already-undone' || back.mechanism.settlesByCall !== true) return found;
  await route(back, present, timing, deadlineMs);
  const { held, reason } = await watch(back, timing, deadlineMs);
  return held ? found : { status: 'failed', reason: `${reason}. Restore again to look` };
}

/** What was asked for and does not read yet would come to its end after a restore that called it undone. */
async function waitUntilStill(mechanism: Mechanism, timing: Timing, deadlineMs: number): Promise<string | null> {
  for (;;) {
    const underWay = await retryTransient(timing, deadlineMs, async () => (await mechanism.findUnderWay?.()) ?? null);
    if (underWay === null || timing.nowMs() + pauseMs > deadlineMs) return underWay;
    await timing.sleep(pauseMs);
  }
}

/** Where nothing is to be put back, how that ends; null where the routing is ours. */
function judgePlace(
  mechanism: Mechanism,
  way: Way<Json>,
  present: Json,
  seen: Json | undefined,
): Omit<Undoing, 'target'> | null {
  const place = mechanism.place(present, way);
  if (place === 'before') return { status: 'already-undone', reason: 'The former routing stands' };
  if (place !== 'other') return null;
  const isAsSeen = seen !== undefined && seen !== null && mechanism.place(present, { ...way, to: seen }) === 'to';
  return isAsSeen ? null : { status: 'drifted', reason: 'Neither the former routing nor that of the fail-over' };
}

/**
 * A server whose network came back a moment ago has to pass its health checks first. A cut is not waited for: those of
 * the same restore were put back before this, any other takes a restore of its own.
 */
async function waitUntilFree(
  { mechanism, way }: Switch,
  tools: FailOverTools,
  deadlineMs: number,
): Promise<string | null> {
  const look = async () => Promise.all([mechanism.examine(way), tools.listCuts()]);
  const { timing } = tools;
  for (;;) {
    const [{ servers, hindrance }, cuts] = await retryTransient(timing, deadlineMs, look);
    const cut = findStandingCut(servers, cuts);
    if (cut !== null) return cut;
    if (hindrance === null || timing.nowMs() + pauseMs > deadlineMs) return hindrance;
    await timing.sleep(pauseMs);
  }
}
