import {
  ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { codeOf, describeError, isThrottling, type Timing } from '../../clients/aws-errors.ts';
import { describeGroupRules } from '../../clients/ec2-reads.ts';
import type { Remark } from '../../contracts/action.ts';
import { LookupFailedError, ThrottledError } from '../../errors.ts';
import { mapConcurrently } from '../../map-concurrently.ts';
import type { Ask, Change } from '../action.ts';
import { isTransient, retryTransient } from '../retry-transient.ts';
import { denyAddress, dropReplaced, entriesAtOnce, entriesForMs, replaceAcl } from './apply-acls.ts';
import { isSameGroups, readChanges, type InterfaceChange, type RuleChange } from './cut-record.ts';
import { readGroups } from './verify-cut.ts';

/** Calls under way at once: as many as EC2's bucket takes in one burst. The client has a socket for each. */
export const callsAtOnce = 100;

/** Calls under way beyond the burst: EC2 gives five tokens a second, and who is refused asks again within two. */
const callsAfterBurst = 10;

/** Time for the calls; the task itself has 30 s. */
const applyForMs = 18_000;

/** How often a batch is tried again after one of its rules turned out to be gone. */
const mostRevokeTries = 3;

/**
 * Makes the changes, all in parallel; a target that fails does not stop the others. Throws ThrottledError when AWS
 * still asks to slow down at the end, LookupFailedError when it still does not answer: the state machine retries both,
 * and the next try looks first and goes on with the rest. Denies in network ACLs are a second layer: they begin after the
 * interfaces, have little time, and what becomes of them is a remark, never an error.
 */
export async function applyCut(
  ec2: EC2Client,
  timing: Timing,
  changes: readonly Change[],
  { ask, wasTried }: { readonly ask: Ask; readonly wasTried: boolean },
): Promise<Remark[]> {
  const { interfaces, rules, entries, subnets } = readChanges(changes);
  const deadlineMs = timing.nowMs() + applyForMs;
  const [open, edges] = wasTried
    ? await Promise.all([dropChanged(ec2, interfaces), dropReplaced(ec2, subnets)])
    : [interfaces, subnets];
  const moving = open.filter(({ before, intended }) => !isSameGroups(before.groups, intended));
  const batches = [...Map.groupBy(rules, ({ before }) => `${before.groupId} ${String(before.isEgress)}`).values()];
  const abortSignal = AbortSignal.timeout(entriesForMs);
  const planned = Map.groupBy(changes, ({ target }) => target);
  const askFor = async (targets: readonly string[]) =>
    Promise.all(targets.flatMap((target) => planned.get(target) ?? []).map(ask));
  // Each repetition asks again: it may come seconds after the first try.
  const within = async (targets: readonly string[], call: (ask: () => Promise<unknown>) => Promise<void>) =>
    attempt(targets[0] ?? '', async () =>
      retryTransient(timing, deadlineMs, async () => {
        // Those behind many others may come when time is over: the next try goes on with them.
        if (timing.nowMs() > deadlineMs) throw new ThrottledError('Not tried: no time was left');
        await askFor(targets);
        await call(async () => askFor(targets));
      }),
    );
  const [first, second] = await Promise.all([
    Promise.all([
      inBurst(moving, async ({ target, intended }) =>
        within([target], async () => moveInterface(ec2, target, intended)),
      ),
      mapConcurrently(batches, callsAtOnce, async (batch) =>
        within(
          batch.map(({ target }) => target),
          async (again) => revokeRules(ec2, batch, again),
        ),
      ),
      mapConcurrently(edges, callsAtOnce, async (change) =>
        within([change.target], async (again) => replaceAcl(ec2, change, again)),
      ),
    ]),
    mapConcurrently(entries, entriesAtOnce, async (change) =>
      attempt(change.target, async () =>
        denyAddress(ec2, timing, change, { abortSignal, ask: async () => askFor([change.target]) }),
      ),
    ),
  ]);
  const failures = first.flat().filter((failure) => failure !== null);
  throwIfTransient(failures, changes.length);
  return [...failures, ...second.filter((failure) => failure !== null)].map(({ target, error }) => ({
    target,
    reason: describeError(error),
  }));
}

/** As many as the bucket holds at once; then the ten that were done first go on, for it is filled up for no more. */
async function inBurst<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const rest = items.slice(callsAtOnce).values();
  let goingOn = 0;
  const drain = async () => {
    const results: Result[] = [];
    for (const item of rest) results.push(await work(item));
    return results;
  };
  const lanes = await Promise.all(
    items.slice(0, callsAtOnce).map(async (item) => {
      const first = await work(item);
      goingOn += 1;
      return goingOn > callsAfterBurst ? [first] : [first, ...(await drain())];
    }),
  );
  return lanes.flat();
}

/** A fault that may pass is no end of a target: it must reach the state machine, which tries again. */
function throwIfTransient(failures: readonly { error: unknown }[], count: number): void {
  const passing = failures
    .map(({ error }) => error)
    .filter((error) => isTransient(error) || error instanceof ThrottledError || error instanceof LookupFailedError);
  if (passing.length === 0) return;
  const message = `${passing.length} of ${count} changes not made: ${describeError(passing[0])}`;
  throw passing.some((error) => isThrottling(error) || error instanceof ThrottledError)
    ? new ThrottledError(message, { cause: passing[0] })
    : new LookupFailedError(message, { cause: passing[0] });
}

/** Replaces the groups of one interface. */
export async function moveInterface(ec2: EC2Client, target: string, groups: readonly string[]): Promise<void> {
  await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: target, Groups: [...groups] }));
}

/**
 * Revokes rules of one group and direction by id. Outside the default VPC one missing rule fails the whole batch, so
 * then the group is read again and the rest goes on.
 */
async function revokeRules(
  ec2: EC2Client,
  batch: readonly RuleChange[],
  askAgain: () => Promise<unknown>,
  triesLeft = mostRevokeTries,
): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { groupId, isEgress } = first.before;
  const input = { GroupId: groupId, SecurityGroupRuleIds: batch.map(({ target }) => target) };
  try {
    if (isEgress) await ec2.send(new RevokeSecurityGroupEgressCommand(input));
    else await ec2.send(new RevokeSecurityGroupIngressCommand(input));
  } catch (error) {
    if (!isRuleMissing(error) || triesLeft <= 1) throw error;
    const present = new Set((await describeGroupRules(ec2, [groupId])).map((rule) => rule.SecurityGroupRuleId));
    await askAgain();
    await revokeRules(
      ec2,
      batch.filter(({ target }) => present.has(target)),
      askAgain,
      triesLeft - 1,
    );
  }
}

/** The first code is EC2's answer by content, the second by rule id. */
function isRuleMissing(error: unknown): boolean {
  return ['InvalidPermission.NotFound', 'InvalidSecurityGroupRuleId.NotFound'].includes(codeOf(error));
}

/**
 * After an earlier try only interfaces that still are as recorded are moved: those already as intended cost no call,
 * for calls are what EC2 counts, and one that someone else changed meanwhile might be opened by our groups.
 */
async function dropChanged(ec2: EC2Client, interfaces: readonly InterfaceChange[]): Promise<InterfaceChange[]> {
  const present = await readGroups(
    ec2,
    interfaces.map(({ target }) => target),
  );
  return interfaces.filter(({ target, before }) => isSameGroups(present.get(target) ?? [], before.groups));
}

/** Turns a thrown error into a value: one failing target must not end the others. */
async function attempt(target: string, work: () => Promise<void>): Promise<{ target: string; error: unknown } | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return { target, error };
  }
}
