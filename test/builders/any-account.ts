import * as fc from 'fast-check';
import { profiles } from '../../lambdas/shared/contracts/incident.ts';
import { signalKinds, spreadingKinds, type SignalKind } from '../../lambdas/shared/contracts/signal.ts';

export const fleet = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'] as const;
/** Groups that servers share, by name; each VPC has its own of every name. */
export const groupNames = ['web', 'store', 'admin', 'batch'] as const;
/** The second VPC has no groups for a cut. */
export const vpcIds = ['vpc-00000000000000001', 'vpc-00000000000000002'] as const;

const cidrs = ['0.0.0.0/0', '::/0', '10.0.0.0/8', '10.20.0.0/16', '10.20.0.0/17', '10.0.9.0/24', '203.0.113.7/32'];
const ports = [22, 443, 5432, 8080];

const anyIds = fc.uniqueArray(fc.constantFrom(...fleet), { minLength: 1 });
/** What chooses servers for lifelines, golden channels and exceptions. */
export const anySelector = fc.oneof(
  fc.record({ ids: anyIds }),
  fc.record({ service: fc.constantFrom('matching', 'shop') }),
  fc.record({ profile: fc.constantFrom(...profiles) }),
);
export type AnySelector = typeof anySelector extends fc.Arbitrary<infer Value> ? Value : never;

const anyTags = fc.record(
  { profile: fc.constantFrom(...profiles), service: fc.constantFrom('matching', 'shop') },
  { requiredKeys: [] },
);
/** Most servers carry no lifeline tag. */
const anyProtection = fc.constantFrom(null, null, null, null, 'server', 'interface');
const anyInterface = fc.uniqueArray(fc.constantFrom(...groupNames), { minLength: 1, maxLength: 2 });
const anyServer = fc.record({
  tags: anyTags,
  protection: anyProtection,
  vpc: fc.constantFrom(0, 0, 0, 1),
  interfaces: fc.array(anyInterface, { minLength: 1, maxLength: 2 }),
});

const anyPorts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ports).map((port) => [port, port] as const) },
  fc.constantFrom([8000, 8999] as const, [0, 65_535] as const),
);
const anyRule = fc
  .record({
    isEgress: fc.boolean(),
    ipProtocol: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp', '-1'),
    range: anyPorts,
    cidr: fc.constantFrom(...cidrs),
    description: fc.constantFrom(undefined, 'till'),
    owner: fc.constantFrom(undefined, 'shop'),
  })
  .map(({ range: [fromPort, toPort], ...rule }) =>
    rule.ipProtocol === '-1' ? { ...rule, fromPort: -1, toPort: -1 } : { ...rule, fromPort, toPort },
  );
export type AnyRule = typeof anyRule extends fc.Arbitrary<infer Value> ? Value : never;

/** EC2 holds no rule twice in one group. */
const anyRules = fc.uniqueArray(anyRule, {
  selector: ({ isEgress, ipProtocol, fromPort, toPort, cidr }) =>
    [isEgress, ipProtocol, fromPort, toPort, cidr].join(' '),
  maxLength: 8,
});

const anyChannel = fc.record({
  servers: anySelector,
  direction: fc.constantFrom('in', 'out'),
  peers: fc.subarray(['10.20.0.0/16', '10.0.9.0/24', '203.0.113.7/32'], { minLength: 1 }),
  ports: fc.constantFrom(undefined, [5432], [443, 8080]),
});
const anyException = fc.record({
  servers: anySelector,
  instead: fc.constantFrom('ask', 'observe'),
  kinds: fc.option(fc.uniqueArray(fc.constantFrom(...signalKinds), { minLength: 1 }), { nil: undefined }),
});

/** A manual start, with ports or peers where less than a server is to be cut. */
export interface AnyStart {
  readonly servers: readonly string[];
  readonly kind: SignalKind;
  readonly ports?: number[];
  readonly peers?: string[];
  readonly breakGlass?: true | undefined;
}

/** Kinds that cut a server of any profile. */
const cuttingKinds = ['ransomware', 'command-and-control', 'exfiltration', 'crypto-mining', 'other-threat'] as const;
const anyStart = fc
  .record({
    servers: anyIds,
    kind: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...cuttingKinds) }, fc.constantFrom(...signalKinds)),
    part: fc.constantFrom<Pick<AnyStart, 'ports' | 'peers'>>(
      {},
      {},
      { ports: [8080, 443] },
      { peers: ['203.0.113.7', '10.20.0.0/17'] },
    ),
    breakGlass: fc.constantFrom(undefined, true as const),
  })
  .map(({ part, ...start }): AnyStart => ({ ...start, ...(spreadingKinds.has(start.kind) ? {} : part) }));

/** One in four times: what spares servers must not leave too little to cut. */
function atTimes<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant<Value[]>([]) }, fc.tuple(arbitrary));
}

/** Servers with their tags, interfaces and groups, the policy over them, and a manual start. */
export const anyAccount = fc.record({
  servers: fc.array(anyServer, { minLength: fleet.length, maxLength: fleet.length }),
  rules: fc.array(anyRules, { minLength: groupNames.length, maxLength: groupNames.length }),
  /** Somebody opened the quarantine group. */
  isTampered: fc.constantFrom(false, false, true),
  lifelines: atTimes(anySelector),
  goldenChannels: fc.array(anyChannel, { maxLength: 2 }),
  exceptions: atTimes(anyException),
  /** How many servers fit into the budget. */
  room: fc.constantFrom(3, 3, 1, 0),
  start: anyStart,
  /** What becomes of the first server between assessment and cut. */
  late: fc.constantFrom(null, null, 'server' as const, 'interface' as const),
});
export type Account = typeof anyAccount extends fc.Arbitrary<infer Value> ? Value : never;

/** Whether an entry of the policy is about a server; read anew, so that it does not agree with the code by itself. */
export function isAbout(selector: AnySelector, server: string, { servers }: Account): boolean {
  const tags = servers[fleet.indexOf(server as (typeof fleet)[number])]?.tags;
  if ('ids' in selector) return (selector.ids as readonly string[]).includes(server);
  if ('service' in selector) return tags?.service === selector.service;
  return (tags?.profile ?? 'general') === selector.profile;
}

/** By the tag of the server or of one of its interfaces, or by the policy. */
export function isLifeline(server: string, account: Account): boolean {
  const { protection } = account.servers[fleet.indexOf(server as (typeof fleet)[number])] ?? {};
  return protection !== null || account.lifelines.some((selector) => isAbout(selector, server, account));
}
