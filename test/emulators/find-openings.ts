import type { Scenario, ScenarioServer } from '../../lab/scenario.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Findings } from './bench.ts';
import type { InterfaceSeen } from './observe.ts';
import type { PlaySeen } from './play-scenario.ts';

type Expected = NonNullable<Scenario['expect']>;

/** Networks before and after, and what the scenario says of the servers. */
type Seen = Pick<PlaySeen, 'scenario' | 'before' | 'after'>;

/** All peers but golden ones are meant to be cut. */
export function isWholeCut({ servers }: Scenario, { cut }: Expected): boolean {
  return servers.every(({ peers }) => peers.every(({ name, golden }) => golden || cut.includes(name)));
}

/** An isolated interface is in one group that lets nothing in, and else only in groups of golden channels. */
export function findOpenInterfaces({ after, before, scenario }: Seen, { cut }: Expected): Findings {
  return scenario.servers.flatMap((server, index) => {
    const [old, now] = [before[index] ?? [], after[index] ?? []];
    if (!isMeant(server, cut)) return expectSame(`Network of ${server.id}, which is not in question`, now, old);
    const wantsGolden = server.peers.some(({ golden }) => golden);
    return [
      ...expectThat(now.length > 0, 'The server has no interface'),
      ...expectSame(
        'Interfaces',
        now.map(({ id }) => id),
        old.map(({ id }) => id),
      ),
      ...now.flatMap((card) => findOpenings(card, wantsGolden)),
    ];
  });
}

/** A server none of whose peers is to be cut, as a standby, is none of the event's. */
function isMeant({ peers }: ScenarioServer, cut: readonly string[]): boolean {
  return peers.some(({ name }) => cut.includes(name));
}

function findOpenings({ id, groups }: InterfaceSeen, wantsGolden: boolean): Findings {
  const roles = groups.map(({ role }) => role ?? 'none');
  const shut = groups.filter(({ role }) => role === 'quarantine' || role === 'sealed');
  const golden = groups.filter(({ role }) => role?.startsWith('golden:') === true);
  return [
    ...expectSame(`Number of quarantine groups of ${id} (${roles.join(', ')})`, shut.length, 1),
    ...expectSame(
      `Number of other groups of ${id} (${roles.join(', ')})`,
      groups.length - shut.length - golden.length,
      0,
    ),
    ...expectThat(golden.length > 0 || !wantsGolden, `${id} has lost its golden channel`),
    ...shut.flatMap(({ rules }) =>
      rules.filter((rule) => rule.startsWith('ingress')).map((rule) => `${id} lets in "${rule}"`),
    ),
  ];
}

/** Groups stay, and of their rules exactly those for the cut peers' port and address go. */
export function findWrongRules({ before, after, scenario }: Seen, { cut }: Expected): Findings {
  return scenario.servers.flatMap(({ peers }, index) => {
    const victims = peers
      .filter(({ name, allowed, direction }) => cut.includes(name) && allowed === 'address' && direction === 'in')
      .map(({ port, address }) => `ingress tcp ${port}-${port} ${address}/32`);
    const [old, now] = [rulesOf(before[index]), rulesOf(after[index])];
    const gone = old.filter((rule) => !now.includes(rule));
    return [
      ...expectSame('Groups', groupsOf(after[index]), groupsOf(before[index])),
      ...expectSame(
        'New rules',
        now.filter((rule) => !old.includes(rule)),
        [],
      ),
      ...expectThat(victims.length > 0, 'The scenario has no rule to revoke'),
      ...expectSame(
        'Revoked rules',
        gone.map((rule) => victims.find((start) => rule.startsWith(start)) ?? rule),
        victims,
      ),
    ];
  });
}

function rulesOf(cards: readonly InterfaceSeen[] = []): string[] {
  return [...new Set(cards.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules)))];
}

function groupsOf(cards: readonly InterfaceSeen[] = []): string[][] {
  return cards.map(({ groups }) => groups.map(({ id }) => id));
}
