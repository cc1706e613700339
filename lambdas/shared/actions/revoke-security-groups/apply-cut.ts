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
import type { Change } from '../action.ts';
import { isTransient, retryTransient } from '../retry-transient.ts';
import { isSameGroups, readChanges, type InterfaceChange, type RuleChange } from './cut-record.ts';
import { readGroups } from './verify-cut.ts';

/** Calls under way at once. EC2's bucket takes a burst of 100; more sockets would only queue in the SDK. */
export const callsAtOnce = 25;

/** Time for the calls; the task itself has 30 s. */
const applyForMs = 18_000;

/** How often a batch is tried again after one of its rules turned out to be gone. */
const mostRevokeTries = 3;

/**
 * Makes the changes, all in parallel; a target that fails does not stop the others. Throws ThrottledError when AWS
 * still asks to slow down at the end, LookupFailedError when it still does not answer: the state machine retries both,
 * and the next try looks first and goes on with the rest.
 */
export async function applyCut(
  ec2: EC2Client,
  timing: Timing,
  changes: readonly Change[],
  wasTried: boolean,
): Promise<Remark[]> {
  const { interfaces, rules } = readChanges(changes);
  const deadlineMs = timing.nowMs() + applyForMs;
  const open = wasTried ? await dropChanged(ec2, interfaces) : interfaces;
  const moving = open.filter(({ before, intended }) => !isSameGroups(before.groups, intended));
  const batches = [...Map.groupBy(rules, ({ before }) => `${before.groupId} ${String(before.isEgress)}`).values()];
  const failures = [
    ...(await mapConcurrently(moving, callsAtOnce, async (change) =>
      attempt(change.target, async () =>
        retryTransient(timing, deadlineMs, async () => moveInterface(ec2, change.target, change.intended)),
      ),
    )),
    ...(await mapConcurrently(batches, callsAtOnce, async (batch) =>
      attempt(batch[0]?.before.groupId ?? '', async () =>
        retryTransient(timing, deadlineMs, async () => revokeRules(ec2, batch)),
      ),
    )),
  ].filter((failure) => failure !== null);
  throwIfTransient(failures, changes.length);
  return failures.map(({ target, error }) => ({ target, reason: describeError(error) }));
}

/** A fault that may pass is no end of a target: it must reach the state machine, which tries again. */
function throwIfTransient(failures: readonly { error: unknown }[], count: number): void {
  const passing = failures.map(({ error }) => error).filter(isTransient);
  if (passing.length === 0) return;
  const message = `${passing.length} of ${count} changes not made: ${describeError(passing[0])}`;
  throw passing.some(isThrottling)
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
async function revokeRules(ec2: EC2Client, batch: readonly RuleChange[], triesLeft = mostRevokeTries): Promise<void> {
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
    await revokeRules(
      ec2,
      batch.filter(({ target }) => present.has(target)),
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
