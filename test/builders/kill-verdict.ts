import { buildIncident } from './action-request.ts';

const incident = buildIncident();

/** What a host prints after a whole kill. */
export const killVerdict = {
  ok: true,
  document: 'kill-connections',
  incident: incident.id,
  scope: 'server',
  selected: 7,
  cut: 7,
  survivors: 0,
  goldenBefore: 2,
  goldenLost: 0,
  blocked: true,
  tableDigest: 'a'.repeat(64),
  listFile: '/var/lib/connection-fuse/list.txt',
  listDigest: 'b'.repeat(64),
  blockMs: 30,
  killMs: 20,
  totalMs: 90,
  error: '',
};

/** What it prints after the release. */
export const releaseVerdict = {
  ok: true,
  document: 'release-connections',
  incident: incident.id,
  state: 'released',
  tableDigest: 'a'.repeat(64),
  expired: false,
  totalMs: 20,
  error: '',
};
