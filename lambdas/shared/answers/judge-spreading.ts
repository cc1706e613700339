import { spreadingKinds, type Signal } from '../contracts/signal.ts';
import type { Finding } from './answer.ts';
import type { Risk } from './judge-risk.ts';

/** Findings of the lateral kind that are about one server only: an intruder rises or hides there, so far. */
const staysOnServer = /^(PrivilegeEscalation|DefenseEvasion):/;

/** R1: what spreads is cut at once, on core business beside the fail-over. Nothing that is not cut counts as such. */
export function judgeSpreading(signal: Signal, risk: Risk): Finding {
  const { kind, name, role, source } = signal;
  if (!risk.found) return [false, `"${name}" (${kind}) asks for no cut`];
  if (kind === 'ransomware') return [true, `"${name}" is of the ransomware kind, which goes on to other servers`];
  if (kind === 'brute-force' && role === 'actor') return [true, `"${name}": this server tries to get into others`];
  const isLocal = source === 'guardduty' && staysOnServer.test(name);
  if (spreadingKinds.has(kind) && !isLocal) return [true, `"${name}" (${kind}) reaches from this server for others`];
  return [false, `"${name}" (${kind}) is not known to spread`];
}
