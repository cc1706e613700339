import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Timing } from '../../clients/aws-errors.ts';
import { describeGroupRules, describeInterfaces } from '../../clients/ec2-reads.ts';
import type { Change, Observation } from '../action.ts';
import { observeEntries, observeSubnets } from './verify-acls.ts';
import { isSameGroups, readChanges, type InterfaceChange, type RuleChange } from './cut-record.ts';

/** EC2's answers lag behind its changes now and then; so long they are asked again before "not held" is believed. */
const readTimes = 5;
const pauseMs = 400;

/** Denies in network ACLs are waited for less: they are the second layer. */
const entryReadTimes = 2;

/** Reads every changed interface, rule, subnet and network ACL back. */
export async function verifyCut(ec2: EC2Client, timing: Timing, changes: readonly Change[]): Promise<Observation[]> {
  const { interfaces, rules, subnets, entries } = readChanges(changes);
  const seen = new Map<string, Observation>();
  const isOpen = ({ target }: { target: string }) => seen.get(target)?.held !== true;
  for (let time = 1; time <= readTimes; time += 1) {
    const round = await Promise.all([
      observeInterfaces(ec2, interfaces.filter(isOpen)),
      observeRules(ec2, rules.filter(isOpen)),
      observeSubnets(ec2, subnets.filter(isOpen)),
      time > entryReadTimes ? [] : observeEntries(ec2, entries.filter(isOpen)),
    ]);
    for (const observation of round.flat()) seen.set(observation.target, observation);
    const waiting = [...interfaces, ...rules, ...subnets, ...(time < entryReadTimes ? entries : [])].filter(isOpen);
    if (waiting.length === 0) break;
    if (time < readTimes) await timing.sleep(pauseMs);
  }
  return [...seen.values()];
}

/** An interface that is gone carries no traffic: that too is a cut that holds. */
async function observeInterfaces(ec2: EC2Client, changes: readonly InterfaceChange[]): Promise<Observation[]> {
  const groups = await readGroups(
    ec2,
    changes.map(({ target }) => target),
  );
  return changes.map(({ target, intended }) => {
    const now = groups.get(target) ?? null;
    const held = now === null || isSameGroups(now, intended);
    const reason =
      now === null ? 'Interface is gone' : held ? 'Groups are as intended' : `Groups are ${now.join(', ')}`;
    return { target, held, seen: now, reason, connectionsCut: 0 };
  });
}

/** By id: the same rule made anew by somebody else is another rule, and not ours to judge. */
async function observeRules(ec2: EC2Client, changes: readonly RuleChange[]): Promise<Observation[]> {
  const rules = await describeGroupRules(
    ec2,
    changes.map(({ before }) => before.groupId),
  );
  const present = new Set(rules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId));
  return changes.map(({ target }) => {
    const held = !present.has(target);
    const reason = held ? 'Rule is gone' : 'Rule is still there';
    return { target, held, seen: held ? 'absent' : 'present', reason, connectionsCut: 0 };
  });
}

/** The present groups of interfaces, by id; one that is gone is not among them. */
export async function readGroups(ec2: EC2Client, targets: readonly string[]): Promise<Map<string, string[]>> {
  const found = await describeInterfaces(ec2, 'network-interface-id', targets);
  return new Map(
    found.map(({ NetworkInterfaceId = '', Groups }) => [
      NetworkInterfaceId,
      (Groups ?? []).map(({ GroupId = '' }) => GroupId),
    ]),
  );
}
