import { describe, expect, it } from 'vitest';
import type { SignalKind } from '../../../../lambdas/shared/contracts/signal.ts';
import { classifyThreat } from '../../../../lambdas/shared/signals/guardduty-class.ts';

const byType: Partial<Record<SignalKind, readonly string[]>> = {
  ransomware: [
    'Execution:Runtime/ReverseShell',
    'Execution:EC2/MaliciousFile',
    'Execution:Runtime/MaliciousFileExecuted.Custom',
  ],
  'command-and-control': [
    'Backdoor:EC2/C&CActivity.B',
    'Backdoor:EC2/C&CActivity.B!DNS',
    'Backdoor:Runtime/C&CActivity.B',
    'Trojan:EC2/DGADomainRequest.B',
    'Trojan:EC2/DGADomainRequest.C!DNS',
    'Trojan:EC2/DropPoint!DNS',
    'UnauthorizedAccess:EC2/TorClient',
    'UnauthorizedAccess:Runtime/TorRelay',
    'Impact:EC2/MaliciousDomainRequest.Reputation',
  ],
  exfiltration: ['Trojan:EC2/DNSDataExfiltration', 'Behavior:EC2/TrafficVolumeUnusual'],
  'crypto-mining': [
    'CryptoCurrency:EC2/BitcoinTool.B!DNS',
    'CryptoCurrency:Runtime/BitcoinTool.B',
    'Impact:EC2/BitcoinDomainRequest.Reputation',
    'Impact:Runtime/CryptoMinerExecuted',
  ],
  'brute-force': [
    'UnauthorizedAccess:EC2/SSHBruteForce',
    'UnauthorizedAccess:EC2/RDPBruteForce',
    'Impact:EC2/WinRMBruteForce',
  ],
  'port-probe': ['Recon:EC2/PortProbeUnprotectedPort', 'Recon:EC2/PortProbeEMRUnprotectedPort'],
  'lateral-movement': [
    'Impact:EC2/PortSweep',
    'Recon:EC2/Portscan',
    'PrivilegeEscalation:Runtime/RuncContainerEscape',
    'DefenseEvasion:Runtime/ProcessInjection.Ptrace',
  ],
  'outbound-abuse': ['Backdoor:EC2/DenialOfService.UdpOnTcpPorts', 'Backdoor:EC2/Spambot'],
  'other-threat': [
    'UnauthorizedAccess:EC2/MetadataDNSRebind',
    'Behavior:EC2/NetworkPortUnusual',
    'Execution:EC2/SuspiciousFile',
    'DefenseEvasion:EC2/UnusualDoHActivity',
    'Impact:EC2/SuspiciousDomainRequest.Reputation',
    'Brand:New/Threat',
  ],
};

const rows = Object.entries(byType).flatMap(([kind, types]) => types.map((type) => ({ kind, type })));

describe('classifyThreat', () => {
  it.each(rows)('calls $type $kind', ({ kind, type }) => {
    expect(classifyThreat({ type, severity: 8, threatNames: [], role: 'target' })).toBe(kind);
  });

  it.each([
    { severity: 7, threatNames: [], kind: 'ransomware' },
    { severity: 6.9, threatNames: [], kind: 'other-threat' },
    { severity: 2, threatNames: ['Win.RANSOM.A'], kind: 'ransomware' },
    { severity: 2, threatNames: ['FileLocker'], kind: 'ransomware' },
    { severity: 2, threatNames: ['Gen:Crypt.7'], kind: 'ransomware' },
    { severity: 2, threatNames: ['Filecryptor.B'], kind: 'ransomware' },
    { severity: 2, threatNames: ['CryptoMiner.X'], kind: 'crypto-mining' },
    { severity: 2, threatNames: ['Cryptonight.Gen', 'XMRig'], kind: 'crypto-mining' },
    { severity: 8, threatNames: ['Linux.BitCoinMiner'], kind: 'crypto-mining' },
    { severity: 2, threatNames: ['CryptoMiner.X', 'Ransom.Y'], kind: 'ransomware' },
    { severity: 2, threatNames: ['EICAR-Test-File'], kind: 'other-threat' },
    { severity: 8, threatNames: ['EICAR-Test-File'], kind: 'ransomware' },
  ])('calls a malicious file of severity $severity named $threatNames $kind', ({ severity, threatNames, kind }) => {
    const facts = { severity, threatNames, role: 'unknown' as const };

    expect(classifyThreat({ type: 'Execution:EC2/MaliciousFile', ...facts })).toBe(kind);
    expect(classifyThreat({ type: 'Execution:Runtime/MaliciousFileExecuted', ...facts })).toBe(kind);
  });

  it('calls a server that attacks by WinRM moving sideways', () => {
    const facts = { type: 'Impact:EC2/WinRMBruteForce', severity: 8, threatNames: [] };

    expect(classifyThreat({ ...facts, role: 'actor' })).toBe('lateral-movement');
    expect(classifyThreat({ ...facts, role: 'unknown' })).toBe('brute-force');
  });
});
