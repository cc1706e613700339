import type { Cut } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import { MessageInvalidError } from '../errors.ts';
import type { Policy } from '../policy/policy-schema.ts';
import type { ServerFacts } from '../policy/server-facts.ts';
import { limitRisk } from './limit-risk.ts';
import { noCut } from './nothing.ts';
import { isRedLine, judgeCrossing, redLines, type RedLine } from './red-lines.ts';

/** The answer to "Is there a security risk?", with the cut it asks for. */
export interface Risk {
  readonly found: boolean;
  readonly sentence: string;
  readonly cut: Cut;
  /** Why a person has to look, or null. */
  readonly handOver: string | null;
}

/** Judges what a signal means for one server. Lifelines are asked about before, never here. */
export function judgeRisk(signal: Signal, server: ServerFacts, policy: Policy): Risk {
  const meant = asMedicalOffset(signal, server);
  return limitRisk(meant, judgeKind(meant, server, policy));
}

/** One sensor measures every clock; on a medical server its offset is the time difference, with a limit of its own. */
function asMedicalOffset(signal: Signal, { profile }: ServerFacts): Signal {
  const { measure } = signal;
  if (profile !== 'medical' || signal.kind !== 'clock-offset' || measure?.unit !== 'ms') return signal;
  // The alarm's own limit was in another unit, and only the policy's counts.
  return {
    ...signal,
    kind: 'time-difference',
    measure: { ...measure, value: measure.value / 1000, unit: 's', limit: null },
  };
}

function judgeKind(signal: Signal, server: ServerFacts, policy: Policy): Risk {
  const { kind } = signal;
  if (isRedLine(kind)) return judgeRedLine(redLines[kind], signal, server, policy);
  switch (kind) {
    case 'ransomware':
      // Whole, whatever scope was asked for: what spreads finds the next open connection.
      return { ...risky(signal, `"${signal.name}" is of the ransomware kind`), cut: { scope: 'server' } };
    case 'command-and-control':
    case 'exfiltration':
    case 'crypto-mining':
    case 'outbound-abuse':
      return risky(signal, `"${signal.name}" is a threat of class ${signal.kind}`);
    case 'lateral-movement':
      return { ...risky(signal, `"${signal.name}" is a threat of class ${signal.kind}`), cut: { scope: 'server' } };
    case 'brute-force':
      return judgeBruteForce(signal);
    case 'other-threat':
      return judgeOtherThreat(signal, policy);
    case 'port-probe':
      return harmless(`"${signal.name}": a port was probed, nothing got in`);
    case 'account-threat':
      return harmless(
        `"${signal.name}" is about ${signal.resource ?? 'the account'}, not about a server's connections`,
      );
    case 'overload':
    case 'business-outage':
    case 'other-alarm':
    case 'border-review':
      return harmless(`"${signal.name}" (${signal.kind}) says nothing of a threat`);
    default:
      return refuseKind(kind);
  }
}

/** Compiles only while every kind is judged above. */
function refuseKind(kind: never): never {
  throw new MessageInvalidError(`Signal not judged: kind must be a known one, got "${String(kind)}"`);
}

/** A red line counts for servers of its own profile only. */
function judgeRedLine(redLine: RedLine, signal: Signal, server: ServerFacts, policy: Policy): Risk {
  if (server.profile !== redLine.profile) {
    const sentence = `${redLine.words}: a red line of profile ${redLine.profile}, this server is ${server.profile}`;
    return { ...harmless(sentence), handOver: server.doubt };
  }
  const { crossed, sentence } = judgeCrossing(redLine, signal, policy);
  if (crossed === 'unknown') return { ...harmless(sentence), handOver: sentence };
  return crossed === 'yes'
    ? { ...risky(signal, sentence), cut: askedCut(signal) ?? redLine.cut(signal, policy.profiles) }
    : harmless(sentence);
}

/** A server that is attacked is not cut, its attackers are; one that attacks is cut whole. */
function judgeBruteForce(signal: Signal): Risk {
  const { remoteAddresses, role } = signal;
  if (role === 'actor') return risky(signal, `"${signal.name}": this server attacks others`);
  if (signal.localPorts.length > 0 && signal.source === 'manual') {
    return risky(signal, `"${signal.name}": the attacked ports are named`);
  }
  if (remoteAddresses.length === 0) {
    const sentence = `"${signal.name}": the attacking address is not known, so it cannot be cut off`;
    return { ...harmless(sentence), handOver: sentence };
  }
  const unclear = role === 'unknown' && signal.source !== 'manual';
  return {
    found: true,
    sentence: `"${signal.name}": ${remoteAddresses.length} attacking addresses, first ${remoteAddresses[0]}`,
    cut: { scope: 'peers', peers: remoteAddresses },
    handOver: unclear ? `"${signal.name}" does not say whether this server attacks or is attacked` : null,
  };
}

/** Outside the known classes the severity decides. */
function judgeOtherThreat(signal: Signal, policy: Policy): Risk {
  const bound = policy.thresholds.findingSeverity;
  if (signal.source === 'manual')
    return risky(signal, `A threat by the word of "${signal.requestedBy}": ${signal.reason}`);
  if (signal.severity === null) {
    const sentence = `"${signal.name}" is a threat of no known class and without a severity`;
    return { ...harmless(sentence), handOver: sentence };
  }
  const sentence = `"${signal.name}" has severity ${signal.severity}, the limit for other threats is ${bound}`;
  return signal.severity >= bound ? risky(signal, sentence) : harmless(sentence);
}

/** A risk with the usual cut, which is the whole server unless a person asked for less. */
function risky(signal: Signal, sentence: string): Risk {
  return { found: true, sentence, cut: askedCut(signal) ?? { scope: 'server' }, handOver: null };
}

function harmless(sentence: string): Risk {
  return { found: false, sentence, cut: noCut, handOver: null };
}

/** A person who starts the fuse may ask for less than the usual cut. */
function askedCut({ source, remoteAddresses, localPorts }: Signal): Cut | undefined {
  if (source !== 'manual') return undefined;
  if (remoteAddresses.length > 0) return { scope: 'peers', peers: remoteAddresses };
  return localPorts.length > 0 ? { scope: 'ports', ports: localPorts } : undefined;
}
