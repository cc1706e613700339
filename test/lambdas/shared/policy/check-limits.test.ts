import { describe, expect, it } from 'vitest';
import { findRemarks } from '../../../../lambdas/shared/policy/find-remarks.ts';
import { parsePolicy } from '../../../../lambdas/shared/policy/parse-policy.ts';
import { buildException } from '../../../builders/policy.ts';

/** Seeded faults of what limits a cut, each with the message that has to name path, rule and value. */
const faults: readonly (readonly [string, Record<string, unknown>, string])[] = [
  [
    'an empty class',
    { priorityClasses: [{ name: 'batch', ports: [] }] },
    'priorityClasses.0: must name ports, peers, processes or cgroups, got "batch"',
  ],
  ...(
    [
      ['ports', 80],
      ['peers', '10.0.1.0/24'],
      ['processes', 'nginx'],
      ['cgroups', '/system.slice/reports.service'],
    ] as const
  ).map(([field, value]): (typeof faults)[number] => [
    `${field} that an earlier class has`,
    {
      priorityClasses: [
        { name: 'a', [field]: [value] },
        { name: 'b', ports: [443], ...(field === 'ports' ? { ports: [443, 80] } : { [field]: [value] }) },
      ],
    },
    `must differ from priorityClasses.0.${field}.0, got "${value}"`,
  ]),
  [
    'more classes than a host tells apart',
    { priorityClasses: Array.from({ length: 11 }, (_, index) => ({ name: `c${index}`, ports: [1000 + index] })) },
    'priorityClasses: must be at most 10, got 11',
  ],
  [
    'classes too long for a host',
    { priorityClasses: [{ name: 'a', ports: Array.from({ length: 600 }, (_, index) => 1000 + index) }] },
    'priorityClasses: must take at most 8192 characters on a host, got 8999',
  ],
  [
    'a control group that a host refuses',
    { priorityClasses: [{ name: 'a', cgroups: ['/system.slice//x'] }] },
    'priorityClasses.0.cgroups.0: must have the form',
  ],
  [
    'a low mark at the high one',
    { shedding: { highMark: 70 } },
    'shedding.lowMark: must be lower than shedding.highMark, which is 70, got 70',
  ],
  [
    'a mark of CPU that no host reaches',
    { shedding: { highMark: 101 } },
    'shedding.highMark: must be at most 100 percent of CPU, got 101',
  ],
  [
    'a load without its marks',
    { shedding: { load: 'connections', highMark: 500 } },
    'shedding.lowMark: must be given where shedding.load is connections, got nothing',
  ],
  ['an unknown key in a section', { budgets: { server: 5 } }, 'budgets: has unknown keys server'],
  [
    'a window shorter than five minutes',
    { budgets: { windowMinutes: 1 } },
    'budgets.windowMinutes: must be at least 5',
  ],
  [
    'a wait of more than a day',
    { approvals: { timeoutMinutes: 1441 } },
    'approvals.timeoutMinutes: must be at most 1440',
  ],
  [
    'an end of no kind',
    { approvals: { onTimeout: 'open' } },
    'approvals.onTimeout: must be one of leave, cut, got "open"',
  ],
  [
    'a time source that is no address',
    { profiles: { medical: { timeSource: '10.0.0.999' } } },
    'profiles.medical.timeSource: must be an IPv4 or IPv6 address, got "10.0.0.999"',
  ],
  [
    'an exception twice',
    { exceptions: [buildException(), buildException()] },
    'exceptions.1.name: must differ from exceptions.0.name, got "scan"',
  ],
  [
    'an exception for everyone',
    { exceptions: [buildException({ servers: {} })] },
    'exceptions.0.servers: must name ids, a service, a profile or a tag, got {}',
  ],
  [
    'an exception for a service nobody defined',
    { exceptions: [buildException({ servers: { service: 'desk' } })] },
    'exceptions.0.servers.service: must be a service that is defined under services, got "desk"',
  ],
  [
    'an exception without an end',
    { exceptions: [{ ...buildException(), until: undefined }] },
    'exceptions.0.until: must be',
  ],
  [
    'an end without a zone',
    { exceptions: [buildException({ until: '2026-06-01T00:00' })] },
    'exceptions.0.until: must have the form',
  ],
  ...['2026-02-30T00:00Z', '2026-13-01T00:00Z', '2026-06-01T25:00Z'].map((until): (typeof faults)[number] => [
    `an end at ${until}`,
    { exceptions: [buildException({ until })] },
    `exceptions.0.until: must be a date and time there is, got "${until}"`,
  ]),
  [
    'a kind twice',
    { exceptions: [buildException({ kinds: ['overload', 'overload'] })] },
    'exceptions.0.kinds.1: must differ from exceptions.0.kinds.0, got "overload"',
  ],
  ['no kinds', { exceptions: [buildException({ kinds: [] })] }, 'exceptions.0.kinds: must be at least 1, got []'],
];

describe('parsePolicy of what limits a cut', () => {
  it.each(faults)('refuses %s', (_title, content, message) => {
    expect(() => parsePolicy({ version: 1, ...content })).toThrow(message);
  });

  it('takes classes by any field, and ends in any zone', () => {
    const priorityClasses = [
      { name: 'a', ports: [80], peers: ['10.0.1.0/24'] },
      { name: 'b', processes: ['php-fpm8.3'], cgroups: ['/system.slice/reports.service'] },
    ];
    const exceptions = [buildException({ until: '2024-02-29T23:59:59+05:30', kinds: ['ransomware'] })];

    expect(parsePolicy({ version: 1, priorityClasses, exceptions })).toMatchObject({ priorityClasses, exceptions });
  });
});

describe('findRemarks', () => {
  const named = { profiles: { logistics: { users: ['importer'] } } };
  const now = '2026-05-06T07:05:31.000Z';

  it.each([
    ['nothing', named, []],
    ['an exception that holds', { ...named, exceptions: [buildException()] }, []],
    [
      'one that is over, to the second',
      { ...named, exceptions: [buildException({ until: '2026-05-06T09:05:31+02:00' })] },
      [
        'exceptions.0: "scan" of "security team" is over since 2026-05-06T09:05:31+02:00; its servers are cut like any other',
      ],
    ],
    [
      'nobody whose sessions may be ended',
      {},
      [expect.stringMatching(/^profiles\.logistics: names neither users nor/)],
    ],
    [
      'servers that come back by themselves',
      { ...named, expiry: { serverMinutes: 60 } },
      ['expiry.serverMinutes: after 60 minutes also what spreads is connected again by itself'],
    ],
  ])('tells of %s', (_title, content, remarks) => {
    expect(findRemarks(parsePolicy({ version: 1, ...content }), now)).toEqual(remarks);
  });
});
