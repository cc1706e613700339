import { createHash } from 'node:crypto';
import { killSessionsParameters } from '../../../documents/kill-sessions.ts';
import { releaseSessionsParameters } from '../../../documents/release-sessions.ts';
import {
  chooseSession,
  SelectionEmptyError,
  type DatabaseEngine,
  type DatabaseSession,
  type SessionSelection,
} from '../../../lambdas/shared/actions/kill-sessions/session-selection.ts';
import type { CommandResult, PeerSpec } from '../host-world.ts';
import { answer } from './document-answer.ts';
import { ParameterRefusedError, readValues, splitList } from './read-environment.ts';
import type { Values } from './read-environment.ts';
import type { SimulatedLink } from './simulated-host.ts';

/** A peer whose connections are sessions, with the link that carries them. */
export interface SessionLink {
  readonly peer: PeerSpec;
  readonly link: SimulatedLink;
}

// The model does not count seconds; nobody in it is younger than any age a document asks for.
const oldEnoughSeconds = 604_800;

/** Answers `kill-sessions` from the model, whose sessions are chosen by the rules that the statements follow. */
export function killSessions(engine: string, sessions: readonly SessionLink[], environment: Values): CommandResult {
  const values = readValues(environment, killSessionsParameters);
  const { incident = '', mode } = values;
  const head = { document: 'kill-sessions', incident, engine: values['engine'], mode };
  if (values['engine'] !== engine || values['connection'] !== 'local')
    return answer(69, { ok: false, ...head, ...nothing, error: 'No such database here' });
  const selection = readSelection(values);
  const choices = sessions
    .filter(({ link }) => link.established > 0)
    .map(({ peer, link }) => ({ peer, link, choice: choose(values['engine'] as DatabaseEngine, peer, selection) }));
  const matched = choices.filter(({ choice }) => choice === 'matched');
  const count = (links: readonly SessionLink[]) => links.reduce((sum, { link }) => sum + link.established, 0);
  const numbers = {
    matched: count(matched),
    spared: count(choices.filter(({ choice }) => choice === 'spared')),
    killed: mode === 'kill' ? count(matched) : 0,
    rolledBack: mode === 'kill' ? count(matched.filter(({ peer }) => peer.session?.inTransaction === true)) : 0,
  };
  if (mode === 'kill') for (const { link } of matched) breakLink(link);
  return answer(0, { ok: true, ...head, ...nothing, ...numbers, error: '' });
}

/** Answers `release-sessions`: the model holds no login, so there is none to let go. */
export function releaseSessions(environment: Values): CommandResult {
  const { incident, engine } = readValues(environment, releaseSessionsParameters);
  const none = { undone: [], alreadyUndone: [], drifted: [], totalMs: 0 };
  return answer(0, { ok: true, document: 'release-sessions', incident, engine, ...none, error: '' });
}

const nothing = {
  matched: 0,
  killed: 0,
  survivors: 0,
  spared: 0,
  rolledBack: 0,
  loginsHeld: [],
  loginsLeft: [],
  listFile: '',
  listDigest: createHash('sha256').update('').digest('hex'),
  totalMs: 0,
};

function readSelection(values: Values): SessionSelection {
  if (values['holdLogins'] === 'yes')
    throw new ParameterRefusedError('The model holds no logins: holdLogins must be no');
  return {
    users: splitList(values['users']),
    clients: splitList(values['clients']),
    applications: splitList(values['applications']),
    minAgeSeconds: Number(values['minAgeSeconds']),
    golden: splitList(values['golden']),
    spare: splitList(values['spare']),
  };
}

function choose(engine: DatabaseEngine, peer: PeerSpec, selection: SessionSelection): string {
  try {
    return chooseSession(engine, toSession(peer), selection).kind;
  } catch (cause) {
    if (!(cause instanceof SelectionEmptyError)) throw cause;
    throw new ParameterRefusedError('At least one of users, clients, applications must be given');
  }
}

function toSession({ name, address, session }: PeerSpec): DatabaseSession {
  return {
    identity: name,
    user: session?.user ?? null,
    application: session?.application ?? null,
    address,
    isLocal: false,
    kind: session?.isReplication === true ? 'replication' : 'client',
    isOwn: false,
    isAdministrator: false,
    ageSeconds: oldEnoughSeconds,
  };
}

function breakLink(link: SimulatedLink): void {
  link.broken += link.established;
  link.established = 0;
}
