import { questions, type Approval, type Cohort, type Evidence } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';
import type { ServerFacts } from '../policy/server-facts.ts';
import type { ServerAnswer } from './answer.ts';
import { requireApproval, toApproval } from './ask-first.ts';
import { findExpiry } from './find-expiry.ts';
import { wouldBeCut } from './would-be-cut.ts';

/** A server with its answers, ready to be put together with its like. */
export interface AnsweredServer extends ServerAnswer {
  /** Null for an incident that names no server. */
  readonly id: string | null;
  readonly facts: Pick<ServerFacts, 'profile' | 'service' | 'lifelineKinds' | 'goldenChannels' | 'securityGroups'> &
    Partial<Pick<ServerFacts, 'subnets'>>;
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
  const groups = Map.groupBy(servers, keyOf);
  return [...groups.values()]
    .flatMap(([first, ...rest]) => (first === undefined ? [] : [{ first, all: [first, ...rest] }]))
    .sort((left, right) => urgencyOf(right.first) - urgencyOf(left.first))
    .map(({ first, all }, index) =>
      setTerms(hintSubnets(toCohort(`c${index + 1}`, first, all), all, terms), first, signal, terms),
    );
}

/** Needed only where whole subnets may be closed: then what lives in them is read beside the interfaces. */
function hintSubnets(cohort: Cohort, all: readonly AnsweredServer[], { policy }: Terms): Cohort {
  if (policy.fleet.networkMeans === 'interfaces') return cohort;
  return { ...cohort, subnetHints: [...new Set(all.flatMap(({ facts }) => facts.subnets ?? []))].sort() };
}

/** Evidence is not part of the key: the same answer may rest on another tag or interface of each server. */
function keyOf({ answers, cut, byProfile, approvalReason, handOver, facts }: AnsweredServer): string {
  const { profile, service, lifelineKinds, goldenChannels } = facts;
  const own = [profile, service, lifelineKinds, goldenChannels];
  return JSON.stringify([answers, cut, byProfile, approvalReason, handOver, ...own]);
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
    lifelineKinds: [...first.facts.lifelineKinds],
    answers: first.answers,
    evidence: joinEvidence(first, all),
    cut: first.cut,
    byProfile: first.byProfile,
    approval: null,
    withoutStandby: null,
    expiresAt: null,
    goldenChannels: [...first.facts.goldenChannels],
    securityGroupHints: [...new Set(all.flatMap(({ facts }) => facts.securityGroups))].sort(),
    handOver: first.handOver,
  };
}

/** Only what would be cut can expire, or wait for a person; and a person decides the bypass of life support. */
function setTerms(cohort: Cohort, { approvalReason }: AnsweredServer, signal: Signal, terms: Terms): Cohort {
  const { policy, receivedAt } = terms;
  const { answers, cut, lifelineKinds } = cohort;
  if (lifelineKinds.includes('life-support')) return { ...cohort, approval: askForBypass(policy) };
  const standing = { ...cohort, withoutStandby: findTermsWithoutStandby(cohort, policy) };
  // A lock ends with its review, however short the policy lets other cuts of peers last.
  const limits = answers.underReview ? { expiry: {} } : policy;
  if (!wouldBeCut(standing) && !answers.underReview) return standing;
  const expiring = { ...standing, expiresAt: findExpiry(cut, signal, limits, receivedAt) };
  return approvalReason === null ? expiring : requireApproval(expiring, approvalReason, policy.approvals);
}

/** Nobody but a person may switch life support; without an answer it stays as it is. */
function askForBypass({ approvals }: Policy): Approval {
  const reason = 'Bypass to the direct physical link of life support: a person decides';
  return toApproval(reason, approvals, 'leave');
}

/** Only a threat to core business asks for a cut that a fail-over goes before. */
function findTermsWithoutStandby({ answers, service }: Cohort, policy: Policy): Approval | null {
  const { coreBusiness, securityRisk } = answers;
  const manner = policy.services.find(({ name }) => name === service)?.withoutStandby;
  if (!coreBusiness || !securityRisk || manner === 'cut') return null;
  return toApproval(`Service "${service}" has no healthy standby: the cut would stop it`, policy.approvals);
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
