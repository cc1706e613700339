import type { SignalKind } from '../contracts/signal.ts';

/** What the class of a threat rests on. */
export interface ThreatFacts {
  readonly type: string;
  readonly severity: number;
  readonly threatNames: readonly string[];
  readonly role: 'target' | 'actor' | 'unknown';
}

/** Names of crypto-miners contain `crypt` too, so they are sorted out before names of ransomware are looked for. */
const minerName = /miner|mining|coin|xmr|monero|cryptonight|cryptojack/i;
const ransomwareName = /ransom|locker|crypt/i;

/** GuardDuty calls 7.0 and above High. */
const highSeverity = 7;

const maliciousFile = /^Execution:[^/]+\/MaliciousFile/;

/** First match counts. Families are matched as GuardDuty writes them: `Purpose:Resource/Name`. */
const classes: readonly { readonly pattern: RegExp; readonly kind: SignalKind }[] = [
  // A reverse shell is a hand on the keyboard: what follows is not waited for.
  { pattern: /^Execution:Runtime\/ReverseShell/, kind: 'ransomware' },
  { pattern: /^CryptoCurrency:/, kind: 'crypto-mining' },
  { pattern: /^Impact:[^/]+\/(Bitcoin|CryptoMinerExecuted)/, kind: 'crypto-mining' },
  { pattern: /^Backdoor:[^/]+\/C&CActivity\./, kind: 'command-and-control' },
  { pattern: /^Trojan:[^/]+\/(DGADomainRequest|DropPoint)/, kind: 'command-and-control' },
  { pattern: /^UnauthorizedAccess:[^/]+\/Tor/, kind: 'command-and-control' },
  { pattern: /^Impact:[^/]+\/MaliciousDomainRequest/, kind: 'command-and-control' },
  // A cut network does not stop exfiltration through the VPC's own resolver; a DNS firewall has to.
  { pattern: /^Trojan:[^/]+\/DNSDataExfiltration/, kind: 'exfiltration' },
  { pattern: /^Behavior:EC2\/TrafficVolumeUnusual/, kind: 'exfiltration' },
  { pattern: /\/(Instance|Resource)CredentialExfiltration/, kind: 'exfiltration' },
  { pattern: /\/(SSH|RDP|WinRM)BruteForce/, kind: 'brute-force' },
  // Probed from outside; a server that scans others is Portscan or PortSweep below.
  { pattern: /^Recon:EC2\/PortProbe/, kind: 'port-probe' },
  { pattern: /^(Impact:EC2\/PortSweep|Recon:EC2\/Portscan)/, kind: 'lateral-movement' },
  { pattern: /^(PrivilegeEscalation:Runtime\/|DefenseEvasion:Runtime\/ProcessInjection)/, kind: 'lateral-movement' },
  { pattern: /^Backdoor:EC2\/(DenialOfService\.|Spambot)/, kind: 'outbound-abuse' },
];

/** The class of a finding on a server. What fits none is `other-threat` and judged by its severity. */
export function classifyThreat(facts: ThreatFacts): SignalKind {
  if (maliciousFile.test(facts.type)) return classifyMalware(facts);
  // A server that attacks others by WinRM moves sideways in the network; one that is attacked does not.
  if (/\/WinRMBruteForce/.test(facts.type) && facts.role === 'actor') return 'lateral-movement';
  return classes.find(({ pattern }) => pattern.test(facts.type))?.kind ?? 'other-threat';
}

/**
 * GuardDuty has no type named ransomware: a malicious file counts as such when it is severe or bears a name of that
 * trade. A file that is known by miner names only is a miner, however severe.
 */
function classifyMalware({ severity, threatNames }: ThreatFacts): SignalKind {
  const others = threatNames.filter((name) => !minerName.test(name));
  if (threatNames.length > 0 && others.length === 0) return 'crypto-mining';
  return severity >= highSeverity || others.some((name) => ransomwareName.test(name)) ? 'ransomware' : 'other-threat';
}
