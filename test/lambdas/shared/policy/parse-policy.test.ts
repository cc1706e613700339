import { describe, expect, it } from 'vitest';
import { PolicyInvalidError } from '../../../../lambdas/shared/errors.ts';
import { parsePolicy } from '../../../../lambdas/shared/policy/parse-policy.ts';

const channel = { name: 'a', servers: { ids: ['i-1'] }, direction: 'in', peers: ['10.0.9.0/24'], ports: [9100] };
const shop = { name: 'shop', coreBusiness: false };
const lifeline = { name: 'link', kind: 'clearing', servers: { ids: ['i-1'] } };

/** Every seeded fault with the message that has to name path, rule and value. */
const faults: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['another version', { version: 2 }, 'version: must be one of 1, got 2'],
  ['an unknown key', { goldenChanels: [] }, '(root): has unknown keys goldenChanels'],
  ['an unknown key further down', { thresholds: { cpu: 90 } }, 'thresholds: has unknown keys cpu'],
  [
    'a share above the whole',
    { thresholds: { cpuPercent: 101 } },
    'thresholds.cpuPercent: must be at most 100, got 101',
  ],
  ['a text for a number', { thresholds: { cpuSeconds: '300' } }, 'thresholds.cpuSeconds: must be number, got "300"'],
  [
    'a text for yes',
    { services: [{ ...shop, coreBusiness: 'false' }] },
    'services.0.coreBusiness: must be boolean, got "false"',
  ],
  ['a name in capitals', { services: [{ ...shop, name: 'Shop' }] }, 'services.0.name: must have the form'],
  ['a name twice', { services: [shop, shop] }, 'services.1.name: must differ from services.0.name, got "shop"'],
  [
    'a lifeline twice',
    { lifelines: [lifeline, lifeline] },
    'lifelines.1.name: must differ from lifelines.0.name, got "link"',
  ],
  [
    'a lifeline of no kind',
    { lifelines: [{ ...lifeline, kind: 'vital' }] },
    'lifelines.0.kind: must be one of clearing, life-support, grid-dispatch, got "vital"',
  ],
  [
    'a channel twice',
    { goldenChannels: [channel, channel] },
    'goldenChannels.1.name: must differ from goldenChannels.0.name',
  ],
  [
    'an empty selector',
    { lifelines: [{ ...lifeline, servers: {} }] },
    'lifelines.0.servers: must name ids, a service, a profile or a tag, got {}',
  ],
  [
    'an empty selector of a channel',
    { goldenChannels: [{ ...channel, servers: {} }] },
    'goldenChannels.0.servers: must name ids',
  ],
  [
    'no ids',
    { lifelines: [{ ...lifeline, servers: { ids: [] } }] },
    'lifelines.0.servers.ids: must be at least 1, got []',
  ],
  ['a server id that is none', { servers: { 'web-1': {} } }, 'servers.web-1'],
  [
    'a service nobody defined',
    { goldenChannels: [{ ...channel, servers: { service: 'desk' } }] },
    'goldenChannels.0.servers.service: must be a service that is defined under services, got "desk"',
  ],
  [
    'a service nobody defined, of a lifeline',
    { lifelines: [{ ...lifeline, servers: { service: 'desk' } }] },
    'lifelines.0.servers.service: must be a service',
  ],
  [
    'a service nobody defined, of a server',
    { servers: { 'i-1': { service: 'desk' } } },
    'servers.i-1.service: must be a service',
  ],
  [
    'a server of two services',
    {
      services: [
        { ...shop, servers: ['i-1'] },
        { name: 'desk', coreBusiness: true, servers: ['i-1'] },
      ],
    },
    'services.1.servers.0: must differ from services.0.servers.0, got "i-1"',
  ],
  [
    'a server said to be elsewhere',
    {
      services: [
        { ...shop, servers: ['i-1'] },
        { name: 'desk', coreBusiness: true },
      ],
      servers: { 'i-1': { service: 'desk' } },
    },
    'services.0.servers.0: must agree with servers.i-1.service, which says "desk", got "shop"',
  ],
  [
    'a prefix that is too long',
    { goldenChannels: [{ ...channel, peers: ['10.0.9.0/33'] }] },
    'goldenChannels.0.peers.0: must have a prefix length of at most 32, got "10.0.9.0/33"',
  ],
  [
    'host bits',
    { goldenChannels: [{ ...channel, peers: ['10.0.9.5/24'] }] },
    'goldenChannels.0.peers.0: must be the first address of its network, without host bits, got "10.0.9.5/24"',
  ],
  [
    'host bits in IPv6',
    { agentPath: { cidrs: ['2001:db8::1/64'] } },
    'agentPath.cidrs.0: must be the first address of its network',
  ],
  [
    'an address that is none',
    { agentPath: { cidrs: ['10.0.9/24'] } },
    'agentPath.cidrs.0: must begin with an IPv4 or IPv6 address, got "10.0.9/24"',
  ],
  ...(
    [
      '2000::/3',
      'fc00::/7',
      '64:ff9b::/96',
      '::ffff:0:0/96',
      '::ffff:10.0.0.0/120',
      '::1/128',
      '0.0.0.0/8',
      '10.0.0.0/08',
      'fd00:1:2:3:4:5:6::/112',
    ] as const
  ).flatMap((cidr) =>
    (
      [
        ['agentPath.cidrs.0', { agentPath: { cidrs: [cidr] } }],
        ['goldenChannels.0.peers.0', { goldenChannels: [{ ...channel, peers: [cidr] }] }],
        ['priorityClasses.0.peers.0', { priorityClasses: [{ name: 'batch', peers: [cidr] }] }],
      ] as const
    ).map(([path, content]): (typeof faults)[number] => [
      `${cidr} as ${path}, which no host can be given`,
      content,
      `${path}: must be a range that the firewall of a host takes, IPv4 with a prefix of 1 to 32 outside 0.0.0.0/8 or IPv6 with one of 8 to 128 outside ::/8, got "${cidr}"`,
    ]),
  ),
  [
    'a channel too long for a host',
    {
      goldenChannels: [
        {
          ...channel,
          direction: 'out',
          peers: Array.from({ length: 20 }, (_, n) => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${1000 + n}/128`),
          ports: [65_001, 65_002, 65_003],
        },
      ],
    },
    'goldenChannels.0: must take at most 2047 characters on a host, got 3179',
  ],
  [
    'a channel to everyone',
    { goldenChannels: [{ ...channel, peers: ['0.0.0.0/0'] }] },
    'goldenChannels.0.peers.0: must not hold every address',
  ],
  [
    'an agent path to half of everywhere',
    { agentPath: { cidrs: ['128.0.0.0/1'] } },
    'agentPath.cidrs.0: must not hold every address',
  ],
  ['an agent path to everywhere', { agentPath: { cidrs: ['::/0'] } }, 'agentPath.cidrs.0: must not hold every address'],
  [
    'a port outside the range',
    { goldenChannels: [{ ...channel, ports: [70_000] }] },
    'goldenChannels.0.ports.0: must be at most 65535, got 70000',
  ],
  [
    'more rules than a group takes',
    {
      goldenChannels: [
        { ...channel, peers: Array.from({ length: 13 }, (_, n) => `10.0.${n}.0/24`), ports: [1, 2, 3, 4, 5] },
      ],
    },
    'goldenChannels.0: must have at most 60 peers times ports, got 65',
  ],
  [
    'five channels on one server',
    { goldenChannels: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...channel, name })) },
    'goldenChannels.4.servers.ids: must not be more than 4 channels on one server, got "i-1"',
  ],
  [
    'an alarm that an earlier one hides',
    {
      alarms: [
        { namePrefix: 'desk', means: 'overload' },
        { namePrefix: 'desk-cpu', means: 'overload' },
      ],
    },
    'alarms.1.namePrefix: must not begin with alarms.0.namePrefix, which matches first, got "desk-cpu"',
  ],
  ['an alarm of no meaning', { alarms: [{ namePrefix: 'desk', means: 'trouble' }] }, 'alarms.0.means: must be one of'],
  [
    'a class twice',
    {
      priorityClasses: [
        { name: 'a', ports: [80] },
        { name: 'a', ports: [81] },
      ],
    },
    'priorityClasses.1.name: must differ from priorityClasses.0.name, got "a"',
  ],
];

describe('parsePolicy', () => {
  it.each(faults)('refuses %s', (_title, content, message) => {
    const policy = { version: 1, services: [shop], ...content };

    expect(() => parsePolicy(policy)).toThrow(message);
    expect(() => parsePolicy(policy)).toThrow(PolicyInvalidError);
  });

  it.each([null, 'policy', [], {}])('refuses %j', (value) => {
    expect(() => parsePolicy(value)).toThrow(PolicyInvalidError);
  });

  it('names every fault at once', () => {
    const lifelines = [{ ...lifeline, servers: {} }];
    const policy = { version: 1, services: [shop, shop], lifelines };

    expect(() => parsePolicy(policy)).toThrow(/services\.1\.name.*; lifelines\.0\.servers/);
  });

  it('names the fifth channel of a server, not the sixth as well', () => {
    const goldenChannels = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...channel, name }));

    expect(() => parsePolicy({ version: 1, goldenChannels })).toThrow(/^(?!.*goldenChannels\.5)/);
  });

  it('fills in the limits of the specification, also where a section is given in part', () => {
    const policy = parsePolicy({ version: 1, thresholds: { findingSeverity: 5 }, profiles: { trading: {} } });

    expect(policy).toEqual({
      version: 1,
      thresholds: { cpuPercent: 90, cpuSeconds: 300, clockOffsetMs: 1, timeDifferenceSeconds: 5, findingSeverity: 5 },
      agentPath: { cidrs: [] },
      services: [],
      lifelines: [],
      goldenChannels: [],
      alarms: [],
      servers: {},
      priorityClasses: [],
      shedding: { load: 'cpu', maxRounds: 5, maxPercentPerRound: 50, blockMinutes: 15 },
      profiles: {
        trading: { services: ['trading-engine'], ports: [8080], timeSource: '169.254.169.123', stableSeconds: 30 },
        medical: {
          services: ['MSSQLSERVER'],
          firewallRule: 'ERM-Device',
          ports: [],
          tasks: ['windows:DataSync'],
          taskManner: 'disable',
          timeSource: '169.254.169.123',
        },
        logistics: {
          engine: 'postgresql',
          connection: 'local',
          users: [],
          applications: [],
          minAgeSeconds: 0,
          zoneCheckMinutes: 15,
        },
        surveillance: { ports: [80, 443], silentSeconds: 10, homeCidrs: [], nightHours: '22:00-05:00' },
      },
      budgets: { windowMinutes: 60, servers: 100 },
      approvals: { timeoutMinutes: 30, onTimeout: 'leave' },
      expiry: {},
      fleet: { networkMeans: 'interfaces' },
      borders: [],
      exceptions: [],
    });
  });

  it('takes its own result again, unchanged', () => {
    const policy = parsePolicy({ version: 1, services: [shop], goldenChannels: [channel], lifelines: [lifeline] });

    expect(parsePolicy(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  });

  it.each(['10.0.0.0/8', '203.0.113.7/32', '2001:db8::/32', '2001:db8:1:2:3:4:5:6/128'])(
    'takes the peer %s',
    (peer) => {
      const policy = parsePolicy({ version: 1, goldenChannels: [{ ...channel, peers: [peer] }] });

      expect(policy.goldenChannels[0]?.peers).toEqual([peer]);
    },
  );

  it('takes four channels on one server', () => {
    const goldenChannels = ['a', 'b', 'c', 'd'].map((name) => ({ ...channel, name }));

    expect(parsePolicy({ version: 1, goldenChannels }).goldenChannels).toHaveLength(4);
  });

  it('names the first twenty of many faults, and how many more there are', () => {
    const services = Array.from({ length: 600 }, () => shop);

    expect(() => parsePolicy({ version: 1, services })).toThrow(/services\.20\.name: must differ [^;]*; and 579 more$/);
  });
});
