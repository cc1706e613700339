import { isInside, readRange, type AddressRange } from '../actions/revoke-security-groups/address-range.ts';
import type { Answers, Cut, Evidence } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';
import type { ServerFacts } from '../policy/server-facts.ts';
import { judgeException } from './judge-exception.ts';
import { judgeRisk, type Risk } from './judge-risk.ts';
import { judgeSpreading } from './judge-spreading.ts';
import { allNo, noCut, repeatSentence } from './nothing.ts';
import { isRedLine } from './red-lines.ts';

/** The answers for one server, each with what it rests on. */
export interface ServerAnswer {
  readonly answers: Answers;
  readonly evidence: Evidence;
  readonly cut: Cut;
  /** True when it is cut in the shape of its profile. */
  readonly byProfile: boolean;
  /** Why a person must be asked before the cut, or null. */
  readonly approvalReason: string | null;
  readonly handOver: string | null;
}

/** One answer with its sentence. */
export type Finding = readonly [answer: boolean, sentence: string];

/**
 * Answers the flowchart's questions for one server, as of `receivedAt`. It does not choose what is done: the flowchart
 * does. Pure.
 */
export function answer(signal: Signal, server: ServerFacts, policy: Policy, receivedAt: string): ServerAnswer {
  if (server.lifeline !== null) return answerLifeline(signal, server.lifeline);
  const judged = judgeRisk(signal, server, policy);
  const { risk, approvalReason } = judgeException(signal, server, judged, policy, receivedAt);
  const spreads = judgeSpreading(signal, risk);
  const underReview = judgeReview(signal, server, policy);
  const overloaded = judgeOverload(signal, policy);
  const coreBusiness = judgeCoreBusiness(signal, server, risk, overloaded[0], policy);
  return {
    answers: {
      lifeline: false,
      spreads: spreads[0],
      coreBusiness: coreBusiness[0],
      securityRisk: risk.found,
      underReview: underReview[0],
      overloaded: overloaded[0],
    },
    evidence: {
      lifeline: 'Neither tag nor policy names it a lifeline',
      spreads: spreads[1],
      coreBusiness: coreBusiness[1],
      securityRisk: risk.found ? `${risk.sentence}${describeBreakGlass(signal)}` : risk.sentence,
      underReview: underReview[1],
      overloaded: overloaded[1],
    },
    cut: underReview[0] ? { scope: 'peers', peers: signal.remoteAddresses } : risk.cut,
    byProfile: risk.found && isRedLine(signal.kind),
    approvalReason,
    handOver: risk.handOver,
  };
}

/** R0: the other questions are not asked, so that no mistake further down can lead to a cut. */
function answerLifeline(signal: Signal, sentence: string): ServerAnswer {
  const others = repeatSentence(`Not asked of a lifeline; the signal is "${signal.name}" (${signal.kind})`);
  return {
    answers: { ...allNo, lifeline: true },
    evidence: { ...others, lifeline: sentence },
    cut: noCut,
    byProfile: false,
    approvalReason: null,
    handOver: null,
  };
}

function describeBreakGlass({ breakGlass, requestedBy, reason }: Signal): string {
  return breakGlass === true ? `; break-glass by "${requestedBy}", past budget and approval: ${reason}` : '';
}

/** R3: while a review is open, what it names lies beyond the border. Without a peer there is no border to lock. */
function judgeReview(signal: Signal, server: ServerFacts, policy: Policy): Finding {
  const { source, kind, name, remoteAddresses, requestedBy, reason } = signal;
  if (kind !== 'border-review') return [false, `"${name}" (${kind}) opens no compliance review`];
  // A review has an owner and an end; alarms and sensors can vouch for neither.
  if (source !== 'manual') return [false, `"${name}" comes from ${source}, which opens no compliance review`];
  if (remoteAddresses.length === 0) return [false, 'The compliance review names no peer beyond the border'];
  const kept = findGoldenBeyond(remoteAddresses, server, policy);
  const golden = kept.length === 0 ? '' : `; golden channels live on though beyond it: ${kept.join(', ')}`;
  const ranges = `${remoteAddresses.length} ranges beyond the border`;
  return [true, `Compliance review by "${requestedBy}": ${reason}; ${ranges}${golden}`];
}

/** A golden channel stands above a review: whoever owns the review has to hear that it crosses the border. */
function findGoldenBeyond(beyond: readonly string[], { goldenChannels }: ServerFacts, policy: Policy): string[] {
  const ranges = beyond.map(readRange).filter((range) => range !== null);
  return policy.goldenChannels
    .filter(({ name }) => goldenChannels.includes(name))
    .filter(({ peers }) => peers.map(readRange).some((peer) => peer !== null && ranges.some((one) => meet(peer, one))))
    .map(({ name }) => name);
}

function meet(left: AddressRange, right: AddressRange): boolean {
  return isInside(left, right) || isInside(right, left);
}

/** R2: only what the event itself proves about the time counts. */
function judgeOverload({ kind, source, name, measure }: Signal, policy: Policy): Finding {
  const { cpuPercent, cpuSeconds } = policy.thresholds;
  const rule = `R2 asks for CPU above ${cpuPercent} % for ${cpuSeconds} s`;
  if (kind !== 'overload') return [false, `"${name}" (${kind}) is no report of load`];
  if (measure === null || measure.unit !== '%') return [false, `"${name}" proves no CPU load; ${rule}`];
  // An alarm may prove only that every datapoint was above its limit; its value then equals the limit. Where it saw none
  // above, `seconds` is 0 and rules it out: the policy asks for a minute at least.
  const provesLimitOnly = source === 'cloudwatch' && measure.value === measure.limit;
  const isAbove = provesLimitOnly ? measure.value >= cpuPercent : measure.value > cpuPercent;
  const seen = `CPU at ${measure.value} % or above for ${measure.seconds} s`;
  return [isAbove && measure.seconds >= cpuSeconds, `${seen}; ${rule}`];
}

/** Core business is affected when its server is about to be cut whole, is overloaded, or is reported out. */
function judgeCoreBusiness(
  signal: Signal,
  server: ServerFacts,
  risk: Risk,
  overloaded: boolean,
  policy: Policy,
): Finding {
  const { service } = server;
  if (service === null) return [false, 'It belongs to no service'];
  if (!policy.services.some(({ name }) => name === service))
    return [false, `Service "${service}" is not defined in the policy`];
  if (!server.coreBusiness) return [false, `Service "${service}" is not core business`];
  const core = `Service "${service}" is core business`;
  if (signal.kind === 'business-outage') return [true, `${core} and reported out by "${signal.name}"`];
  if (risk.found && risk.cut.scope === 'server') return [true, `${core} and its server would be cut whole`];
  if (overloaded) return [true, `${core} and its server is overloaded`];
  return [false, `${core}, but "${signal.name}" does not stop its server`];
}
