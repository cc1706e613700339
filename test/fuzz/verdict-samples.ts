const incident = 'inc-0123456789abcdef0123';
const digest = 'a'.repeat(64);
const list = { listFile: '/var/lib/connection-fuse/list', listDigest: digest };
const item = { name: 'chronyd', before: 'active', now: 'inactive' };

function line(document: string, content: object): string {
  return untimed(document, { ...content, totalMs: 12 });
}

/** Some documents do not say how long they took. */
function untimed(document: string, content: object): string {
  return JSON.stringify({ ok: true, document, incident, ...content, error: '' });
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
  releaseSessions: line('release-sessions', {
    engine: 'mariadb',
    undone: ['importer@10.0.7.%@unlocked'],
    alreadyUndone: ['batch@%@unlocked'],
    drifted: [],
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
  start: untimed('start-service', {
    services: [{ name: 'importer.service', before: 'active', now: 'active', status: 'started' }],
  }),
  holdTask: line('hold-task', { tasks: [{ ...item, status: 'held' }] }),
  releaseTask: untimed('release-task', {
    tasks: [
      { name: 'timer:import.timer', before: 'active', now: 'active', status: 'released' },
      { name: 'cron:import', before: 'active', now: 'active', status: 'already-released' },
    ],
  }),
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
  releaseTime: untimed('release-time', {
    selected: '10.0.0.1',
    daemon: '731-4242',
    sources: [
      { name: '10.0.0.1', before: 'online', now: 'selected', status: 'undone' },
      { name: '10.0.0.9', before: 'absent', now: 'absent', status: 'already-undone' },
    ],
  }),
  clock: untimed('resync-clock', {
    mode: 'step',
    source: '169.254.169.123',
    offsetBeforeMs: -812.431,
    boundBeforeMs: 812.907,
    offsetAfterMs: 0.021,
    boundAfterMs: 0.497,
    withinLimit: true,
    stepped: true,
    repeated: false,
    readings: 12,
    stable: true,
    daemon: true,
    hardwareClock: 'written',
    timeZone: '+0000',
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
