import { questions, type Cohort, type Evidence } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';
import type { ServerFacts } from '../policy/server-facts.ts';
import type { ServerAnswer } from './answer.ts';
import { requireApproval } from './ask-first.ts';
import { findExpiry } from './find-expiry.ts';
import { wouldBeCut } from './would-be-cut.ts';

/** A server with its answers, ready to be put together with its like. */
export interface AnsweredServer extends ServerAnswer {
  /** Null for an incident that names no server. */
  readonly id: string | null;
  readonly facts: Pick<ServerFacts, 'profile' | 'service' | 'goldenChannels' | 'securityGroups'>;
}

/** What the terms of a cut hang on: when it expires, and how long a person is waited for. */
interface Terms {
  readonly policy: Policy;
  readonly receivedAt: string;
}

/**
 * Puts servers together that share answers, cut, profile, service and golden channels: they pass the flowchart as one.
 * What spreads comes first, then what is cut, so that the most urgent cohort has the lowest number.
 */
export function formCohorts(servers: readonly AnsweredServer[], signal: Signal, terms: Terms): Cohort[] {
  const groups = new Map<string, AnsweredServer[]>();
  for (const server of servers) {
    const key = keyOf(server);
    groups.set(key, [...(groups.get(key) ?? []), server]);
  }
  return [...groups.values()]
    .flatMap(([first, ...rest]) => (first === undefined ? [] : [{ first, all: [first, ...rest] }]))
    .sort((left, right) => urgencyOf(right.first) - urgencyOf(left.first))
    .map(({ first, all }, index) => setTerms(toCohort(`c${index + 1}`, first, all), first, signal, terms));
}

/** Evidence is not part of the key: the same answer may rest on another tag or interface of each server. */
function keyOf({ answers, cut, byProfile, approvalReason, handOver, facts }: AnsweredServer): string {
  const { profile, service, goldenChannels } = facts;
  return JSON.stringify([answers, cut, byProfile, approvalReason, handOver, profile, service, goldenChannels]);
}

/** The answers as digits of a number, the most urgent in front. */
function urgencyOf({ answers }: AnsweredServer): number {
  const weights = [answers.spreads, answers.securityRisk, answers.coreBusiness, answers.overloaded, answers.lifeline];
  return weights.reduce((sum, holds) => sum * 2 + Number(holds), 0);
}

/** Hints of all servers together: one read finds the rules of every group the fleet carries. */
function toCohort(id: string, first: AnsweredServer, all: readonly AnsweredServer[]): Cohort {
  return {
    id,
    servers: all.flatMap((server) => server.id ?? []),
    profile: first.facts.profile,
    service: first.facts.service,
    answers: first.answers,
    evidence: joinEvidence(first, all),
    cut: first.cut,
    byProfile: first.byProfile,
    approval: null,
    expiresAt: null,
    goldenChannels: [...first.facts.goldenChannels],
    securityGroupHints: [...new Set(all.flatMap(({ facts }) => facts.securityGroups))].sort(),
    handOver: first.handOver,
  };
}

/** Only what would be cut can expire, or wait for a person. */
function setTerms(cohort: Cohort, { approvalReason }: AnsweredServer, signal: Signal, terms: Terms): Cohort {
  const { policy, receivedAt } = terms;
  if (!wouldBeCut(cohort.answers)) return cohort;
  const expiring = { ...cohort, expiresAt: findExpiry(cohort.cut, signal, policy, receivedAt) };
  return approvalReason === null ? expiring : requireApproval(expiring, approvalReason, policy.approvals);
}

/** The first server's sentence speaks for all; where theirs differ, it says that it is one of many. */
function joinEvidence(first: AnsweredServer, all: readonly AnsweredServer[]): Evidence {
  const evidence = { ...first.evidence };
  for (const question of questions) {
    const sentence = first.evidence[question];
    const differs = all.some((server) => server.evidence[question] !== sentence);
    if (differs) evidence[question] = `${sentence} (${first.id}, one of ${all.length} servers)`;
  }
  return evidence;
}
