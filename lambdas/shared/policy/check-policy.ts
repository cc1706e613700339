import { isIP } from 'node:net';
import { checkChannels } from './check-channels.ts';
import { checkExceptions } from './check-exceptions.ts';
import { checkFailOver } from './check-fail-over.ts';
import { checkLifelines } from './check-lifelines.ts';
import { checkShedding } from './check-shedding.ts';
import { checkReferences } from './check-references.ts';
import { whyNoCidr } from './cidr.ts';
import { findDuplicates, type PolicyFault } from './policy-fault.ts';
import type { Policy, Selector } from './policy-schema.ts';

/** Everything that is wrong with a policy of valid shape: what the schema cannot see. Empty when it holds. */
export function checkPolicy(policy: Policy): PolicyFault[] {
  return [
    ...checkNames(policy),
    ...checkSelectors(policy),
    ...checkReferences(policy),
    ...checkCidrs(policy),
    ...checkChannels(policy.goldenChannels),
    ...checkAlarms(policy.alarms),
    ...checkShedding(policy),
    ...checkExceptions(policy.exceptions),
    ...checkFailOver(policy),
    ...checkTimeSources(policy.profiles),
    ...checkLifelines(policy),
  ];
}

function checkNames(policy: Policy): PolicyFault[] {
  const lists = ['services', 'lifelines', 'goldenChannels', 'priorityClasses', 'exceptions'] as const;
  return lists.flatMap((list) =>
    findDuplicates<{ readonly name: string }>(
      policy[list],
      ({ name }) => name,
      (index) => `${list}.${index}.name`,
    ),
  );
}

/** An empty selector would match every server; nobody means that. */
function checkSelectors(policy: Policy): PolicyFault[] {
  return (['lifelines', 'goldenChannels', 'exceptions'] as const).flatMap((list) =>
    policy[list].flatMap(({ servers }, index) =>
      hasField(servers)
        ? []
        : [{ path: `${list}.${index}.servers`, rule: 'must name ids, a service, a profile or a tag', value: servers }],
    ),
  );
}

function hasField(selector: Selector): boolean {
  return Object.values(selector).some((value) => value !== undefined);
}

/** The widest private network there is; a few wider ones together would be every address. */
const widestSpared = 8;

function checkCidrs(policy: Policy): PolicyFault[] {
  const openRule = 'must not hold every address, nor more than a /8: it would keep open what a cut closes';
  const agent = policy.agentPath.cidrs.map((cidr, index) => ({ cidr, path: `agentPath.cidrs.${index}`, spared: true }));
  const golden = policy.goldenChannels.flatMap(({ peers }, channel) =>
    peers.map((cidr, index) => ({ cidr, path: `goldenChannels.${channel}.peers.${index}`, spared: true })),
  );
  const classes = policy.priorityClasses.flatMap(({ peers = [] }, entry) =>
    peers.map((cidr, index) => ({ cidr, path: `priorityClasses.${entry}.peers.${index}`, spared: false })),
  );
  return [...agent, ...golden, ...classes].flatMap(({ cidr, path, spared }) => {
    const rule = whyNoCidr(cidr) ?? (spared && Number(cidr.split('/')[1]) < widestSpared ? openRule : undefined);
    return rule === undefined ? [] : [{ path, rule, value: cidr }];
  });
}

/** The first match counts, so an entry behind a shorter or equal prefix would never be used. */
function checkAlarms(alarms: Policy['alarms']): PolicyFault[] {
  return alarms.flatMap(({ namePrefix }, index) => {
    const hiding = alarms.slice(0, index).findIndex((earlier) => namePrefix.startsWith(earlier.namePrefix));
    if (hiding === -1) return [];
    return [
      {
        path: `alarms.${index}.namePrefix`,
        rule: `must not begin with alarms.${hiding}.namePrefix, which matches first`,
        value: namePrefix,
      },
    ];
  });
}

function checkTimeSources({ trading, medical }: Policy['profiles']): PolicyFault[] {
  return Object.entries({ trading, medical }).flatMap(([name, { timeSource }]) =>
    isIP(timeSource) === 0
      ? [{ path: `profiles.${name}.timeSource`, rule: 'must be an IPv4 or IPv6 address', value: timeSource }]
      : [],
  );
}
