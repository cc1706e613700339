import type { Cohort, Incident } from '../../contracts/incident.ts';
import type { Policy } from '../../policy/policy-schema.ts';
import type { ActionContext } from '../action.ts';
import { listBlockRanges } from './complement-ranges.ts';

/** The document's parameters, as the host gets them; lists are separated by single blanks. */
export type KillParameters = {
  readonly incident: string;
  readonly scope: string;
  readonly peers: string;
  readonly ports: string;
  readonly golden: string;
  readonly agent: string;
  readonly ttlSeconds: string;
  readonly deadlineSeconds: string;
} & Partial<Readonly<Record<'only' | 'silentSeconds' | 'peersFrom' | 'sinceSeconds' | 'homeCidrs', string>>>;

/** What the document for Windows takes besides. */
export type WindowsKillParameters = KillParameters &
  Readonly<Record<'blockRanges' | 'ruleName' | 'createRule', string>>;

/** The script's own deadline: a host with 15,000 connections needs far less. */
export const deadlineSeconds = 20;

/** Turns cut, golden channels and the agent's path into the document's parameters. Pure. */
export function toParameters(context: ActionContext): KillParameters {
  const { cohort, policy } = context;
  return { ...toCommonParameters(context), ...chooseZombies(context.incident, cohort, policy) };
}

/**
 * The same for Windows, whose firewall lets a block win over every permission: golden channels must be left out of the
 * block itself. There nothing tells how long a peer has been silent, so everything in scope is cut.
 */
export function toWindowsParameters(context: ActionContext): WindowsKillParameters {
  const { cohort, policy } = context;
  const { cut } = cohort;
  const ruleName = cohort.byProfile && cohort.profile === 'medical' ? policy.profiles.medical.firewallRule : '';
  const targets = {
    server: cut.scope === 'server',
    peers: cut.scope === 'peers' ? cut.peers : [],
    ports: cut.scope === 'ports' ? cut.ports : [],
    namedRule: ruleName !== '',
    golden: listGolden(policy, cohort.goldenChannels),
    agent: policy.agentPath.cidrs,
  };
  return {
    ...toCommonParameters(context),
    blockRanges: listBlockRanges(targets),
    ruleName,
    // A rule that is not there can only be made for ports that are known.
    createRule: ruleName !== '' && cut.scope === 'ports' ? 'yes' : 'no',
  };
}

function toCommonParameters({ incident, cohort, policy }: ActionContext): KillParameters {
  const { cut, expiresAt } = cohort;
  return {
    incident: incident.id,
    scope: cut.scope,
    peers: cut.scope === 'peers' ? cut.peers.join(' ') : '',
    ports: cut.scope === 'ports' ? cut.ports.join(' ') : '',
    golden: listGolden(policy, cohort.goldenChannels).join(' '),
    agent: policy.agentPath.cidrs.join(' '),
    ttlSeconds: String(expiresAt === null ? 0 : findTtlSeconds(incident.receivedAt, expiresAt)),
    deadlineSeconds: String(deadlineSeconds),
    ...choosePeers(cohort, policy),
  };
}

/** A week is the longest that a host takes. */
const mostTtlSeconds = 604_800;

/**
 * How long the kernel keeps the block by itself; 0, which is for ever, only where nothing expires. Counted from the
 * event, so that a retry orders the same: the block outlives the planned end by what passed until it was set, never
 * the other way round.
 */
function findTtlSeconds(receivedAt: string, expiresAt: string): number {
  const seconds = Math.ceil((Date.parse(expiresAt) - Date.parse(receivedAt)) / 1000);
  return Math.min(Math.max(seconds, 1), mostTtlSeconds);
}

/** Where dead cameras are reported but not named, those that live on the same ports stay. */
function chooseZombies({ signal }: Incident, { byProfile, cut }: Cohort, policy: Policy): Partial<KillParameters> {
  if (!byProfile || signal.kind !== 'zombie-connections' || cut.scope !== 'ports') return {};
  return { only: 'zombies', silentSeconds: String(policy.profiles.surveillance.silentSeconds) };
}

/** From the login to the alarm, to the event and to a host that runs the command at last. */
const freshSeconds = 900;

/** Where the signal knows no address, those who logged in just before it, or before the question to a person. */
function choosePeers({ cut, approval }: Cohort, { profiles }: Policy): Partial<KillParameters> {
  if (cut.scope !== 'peers' || cut.from === undefined) return {};
  return {
    peersFrom: cut.from,
    sinceSeconds: String(Math.min(freshSeconds + (approval?.timeoutSeconds ?? 0), 86_400)),
    homeCidrs: profiles.surveillance.homeCidrs.join(' '),
  };
}

/** Each peer with each port; no ports means all of that peer's, both halves read the same text on the host. */
export function listGolden(policy: Policy, names: readonly string[]): string[] {
  return policy.goldenChannels
    .filter(({ name }) => names.includes(name))
    .flatMap(({ direction, peers, ports }) =>
      peers.flatMap((peer) => (ports ?? ['any']).map((port) => `${direction}@${peer}@${port}`)),
    );
}
