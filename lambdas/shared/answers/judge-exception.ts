import { spreadingKinds, type Signal } from '../contracts/signal.ts';
import type { Exception, Policy } from '../policy/policy-schema.ts';
import { matchesSelector } from '../policy/selectors.ts';
import type { ServerFacts } from '../policy/server-facts.ts';
import type { Risk } from './judge-risk.ts';
import { judgeSpreading } from './judge-spreading.ts';
import { noCut } from './nothing.ts';

/** A risk as far as somebody vouches for the server. */
export interface ExceptedRisk {
  readonly risk: Risk;
  /** Why a person must be asked before the cut, or null. */
  readonly approvalReason: string | null;
}

/**
 * Spares a server, or lets a person be asked, where an exception of the policy holds for it at `receivedAt`. The first
 * one that matches counts. Break-glass passes over it, and the evidence says so. Pure.
 */
export function judgeException(
  signal: Signal,
  server: ServerFacts,
  risk: Risk,
  { exceptions }: Policy,
  receivedAt: string,
): ExceptedRisk {
  const exception = risk.found
    ? exceptions.find((one) => isCurrent(one, receivedAt) && covers(one, signal, server, risk))
    : undefined;
  if (exception === undefined) return { risk, approvalReason: null };
  const words = describeException(exception);
  if (signal.breakGlass === true) {
    return { risk: { ...risk, sentence: `${risk.sentence}; passed over: ${words}` }, approvalReason: null };
  }
  if (exception.instead === 'ask') return { risk, approvalReason: words };
  const sentence = `${words}; found all the same: ${risk.sentence}`;
  return { risk: { found: false, sentence, cut: noCut, handOver: null }, approvalReason: null };
}

/** An exception that is over counts as absent. */
export function isCurrent({ until }: Exception, at: string): boolean {
  return Date.parse(until) > Date.parse(at);
}

/** What spreads is covered only where its kind is named: nobody vouches for it by leaving something out. */
function covers({ servers, kinds }: Exception, signal: Signal, server: ServerFacts, risk: Risk): boolean {
  if (!matchesSelector(servers, server)) return false;
  if (kinds !== undefined) return kinds.includes(signal.kind);
  const [spreads] = judgeSpreading(signal, risk);
  return !spreads && !spreadingKinds.has(signal.kind);
}

function describeException({ name, owner, until, reason }: Exception): string {
  return `Exception "${name}" of "${owner}" until ${until}: ${reason}`;
}
