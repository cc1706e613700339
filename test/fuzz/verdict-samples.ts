const incident = 'inc-0123456789abcdef0123';
const digest = 'a'.repeat(64);
const list = { listFile: '/var/lib/connection-fuse/list', listDigest: digest };
const item = { name: 'chronyd', before: 'active', now: 'inactive' };

function line(document: string, content: object): string {
  return JSON.stringify({ ok: true, document, incident, ...content, totalMs: 12, error: '' });
}

/** One line of each kind, as the documents print it. */
export const verdicts = {
  kill: line('kill-connections', {
    scope: 'server',
    selected: 3,
    cut: 3,
    survivors: 0,
    peers: ['203.0.113.9'],
    peersFound: 1,
    goldenBefore: 1,
    goldenLost: 0,
    blocked: true,
    tableDigest: digest,
    ...list,
    blockMs: 1,
    killMs: 1,
  }),
  release: line('release-connections', { state: 'released', tableDigest: digest, expired: false }),
  sessions: line('kill-sessions', {
    engine: 'postgresql',
    mode: 'kill',
    matched: 1,
    killed: 1,
    survivors: 0,
    spared: 2,
    rolledBack: null,
    loginsHeld: ['importer@login'],
    loginsLeft: [],
    ...list,
  }),
  shed: line('shed-connections', {
    load: 'cpu',
    before: 97,
    after: 60,
    lowMark: 70,
    rounds: 2,
    zombies: 1,
    cut: 40,
    survivors: 0,
    goldenBefore: 1,
    goldenLost: 0,
    blocked: true,
    tableDigest: digest,
    ...list,
  }),
  stop: line('stop-service', { services: [{ ...item, status: 'stopped' }] }),
  holdTask: line('hold-task', { tasks: [{ ...item, status: 'held' }] }),
  holdTime: line('hold-time', {
    backup: 'PHC0',
    result: 'switched',
    changed: true,
    selected: 'PHC0',
    watched: [{ name: '10.0.0.1', answer: 'silent', state: '?' }],
    sources: [{ ...item, status: 'added' }],
    boundMs: 0.4,
    limitMs: 1,
    growthPpm: 3,
    underLimitSeconds: 200,
    hardwareClock: 'kept',
  }),
  zones: line('detect-time-zones', {
    offsetMinutes: 60,
    zone: 'Europe/Berlin',
    localtime: '/usr/share/zoneinfo/Europe/Berlin',
    ntpSynchronized: 'yes',
    engines: [{ engine: 'postgresql', zone: 'UTC', source: 'server', offsetMinutes: 0 }],
    processes: [{ name: 'java', source: 'TZ', zone: 'UTC', offsetMinutes: 0, count: 1 }],
    processZones: 1,
    ...list,
  }),
} as const;
