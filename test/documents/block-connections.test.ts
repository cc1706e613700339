import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  blockConnections,
  blockConnectionsParameters,
  blockConnectionsScript,
} from '../../documents/block-connections.ts';
import { describeDocument } from './describe-document.ts';
import { goodValues, hostileValues, malformedIpv6 } from './parameter-values.ts';

describeDocument({
  name: 'block-connections',
  content: blockConnections,
  parameters: blockConnectionsParameters,
  script: blockConnectionsScript,
  valid: { incident: 'a', peers: '10.0.0.1', ports: '80', ttlSeconds: '0', deadlineSeconds: '20' },
  good: {
    incident: goodValues['incident'] ?? [],
    deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
    peers: goodValues['peers'] ?? [],
    ports: goodValues['ports'] ?? [],
    golden: goodValues['golden'] ?? [],
    agent: goodValues['agent'] ?? [],
    ttlSeconds: goodValues['ttlSeconds'] ?? [],
  },
  hostile: {
    incident: hostileValues['incident'] ?? [],
    deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
    peers: hostileValues['peers'] ?? [],
    ports: hostileValues['ports'] ?? [],
    golden: hostileValues['golden'] ?? [],
    agent: hostileValues['agent'] ?? [],
    ttlSeconds: hostileValues['ttlSeconds'] ?? [],
  },
  malformed: { peers: malformedIpv6 },
});

describe('block-connections', () => {
  it.for([{}, { peers: '', ports: '' }])('refuses to block nothing: %j', (lists) => {
    const environment = { SSM_incident: 'a', SSM_ttlSeconds: '0', SSM_deadlineSeconds: '20' };
    const given = Object.fromEntries(Object.entries(lists).map(([name, value]) => [`SSM_${name}`, value]));

    const { status, stdout } = spawnSync('bash', [], {
      input: blockConnectionsScript,
      encoding: 'utf8',
      env: { ...environment, ...given },
    });

    expect(status).toBe(64);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: 'Parameters peers and ports are both empty: wanted at least one address or port',
    });
  });
});
