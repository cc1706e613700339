import type { Scenario } from '../../lab/scenario.ts';
import { readStepKey } from '../../lambdas/shared/clients/audit-keys.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Bench, Findings } from './bench.ts';
import type { InterfaceSeen } from './observe.ts';
import { playScenario } from './play-scenario.ts';
import type { PlaySeen } from './play-scenario.ts';
import type { CallSeen } from './recorder.ts';

/** Actions that need nothing to run on a host: the others can only be done where commands run. */
const hostless: ReadonlySet<string> = new Set(['revoke-security-groups', 'fail-over', 'hold-open']);

/** Restore says of these that nothing can be undone, whatever the host says. */
const irreversible: ReadonlySet<string> = new Set(['kill-sessions', 'resync-clock']);

/** Operations that change something in EC2 or on a host. */
const mutating = /^(Modify|Revoke|Authorize|Create|Delete|Send)/;

type Expected = NonNullable<Scenario['expect']>;

/** Plays a scenario on the target and holds what was read against the scenario's own file. */
export async function checkScenario(bench: Bench, scenario: Scenario): Promise<void> {
  const { expect, name } = scenario;
  if (expect === undefined) throw new Error(`Scenario "${name}" expects nothing`);
  const isRepeated = name === 'ransomware' || name === 'core-business';
  let seen: PlaySeen | undefined;
  await bench.check(`${name}: the event starts exactly one execution`, async () => {
    seen = await playScenario(bench, scenario, isRepeated);
    return expectSame('Number of executions', seen.executions.length, 1);
  });
  // What could not be played has no end state; the check above says so.
  if (seen?.executions[0] === undefined) return;
  await checkDecision(bench, seen, expect);
  await checkNetwork(bench, seen, expect);
  if (isRepeated) await checkRepeat(bench, seen);
}

async function checkDecision(bench: Bench, seen: PlaySeen, expect: Expected): Promise<void> {
  const { name } = seen.scenario;
  const needsHosts = Object.keys(expect.entries).some((action) => !isHostless(action));
  await bench.check(`${name}: the flowchart goes its way`, () =>
    expectSame('Path', seen.executions[0]?.path, expect.path),
  );
  await bench.check(`${name}: the network's part is on record`, () => findMissingEntries(seen, expect, isHostless));
  // In shadow mode nothing is to be done, so a target without hosts can judge that as well.
  if (bench.target.hosts === 'none' && needsHosts && seen.scenario.mode !== 'shadow') {
    await bench.check(`${name}: nothing is called done that no host did`, () => findFalseClaims(seen));
    bench.leave(`${name}: the outcome is the scenario's`, 'no command runs on any host there');
    return;
  }
  await bench.check(`${name}: the outcome is the scenario's`, () =>
    expectSame('Outcome', readOutcome(seen), expect.outcome),
  );
  if (needsHosts) {
    await bench.check(`${name}: the hosts' part is on record`, () =>
      findMissingEntries(seen, expect, (action) => !isHostless(action)),
    );
  }
}

async function checkNetwork(bench: Bench, seen: PlaySeen, expect: Expected): Promise<void> {
  const { name } = seen.scenario;
  const isCut = expect.entries['revoke-security-groups'] === 'verified';
  if (!isCut) {
    await bench.check(`${name}: the network is left alone`, () =>
      expectSame('Network', JSON.stringify(seen.after), JSON.stringify(seen.before)),
    );
  } else if (isWholeCut(seen.scenario, expect)) {
    await bench.check(`${name}: every interface is isolated`, () => findOpenInterfaces(seen));
  } else {
    await bench.check(`${name}: exactly the attacker's rules are gone`, () => findWrongRules(seen, expect));
  }
  if (bench.target.calls === null) {
    bench.leave(
      `${name}: changes come after their record, and no others`,
      'nobody listens to what functions call there',
    );
  } else {
    await bench.check(`${name}: changes come after their record, and no others`, () =>
      findUnrecordedCalls(seen, isCut),
    );
  }
  // What was sent to a host that never answered cannot be undone there, and the restore must say so.
  const isUndoable = bench.target.hosts === 'run' || !seen.items.some(({ sk }) => isHostWork(sk));
  await bench.check(`${name}: restore puts the network back exactly`, () => [
    ...expectSame('Status of the restore', seen.restore?.status, isUndoable ? 'SUCCEEDED' : 'FAILED'),
    ...expectSame('Network', seen.restored, seen.before),
    ...(isCut
      ? expectThat(JSON.stringify(seen.after) !== JSON.stringify(seen.before), 'The network was never cut')
      : []),
  ]);
}

async function checkRepeat(bench: Bench, { scenario, repeat, after }: PlaySeen): Promise<void> {
  await bench.check(`${scenario.name}: the same event again cuts nothing`, () => {
    const output = repeat?.executions[0]?.output;
    return [
      ...expectSame('Outcome', isRecord(output) ? output['outcome'] : null, 'repeated'),
      ...expectSame('Changing calls', changesIn(repeat?.calls ?? []), []),
      ...expectSame('Network', repeat?.networks, after),
    ];
  });
}

function isHostless(action: string): boolean {
  return hostless.has(action);
}

/** Whether an item says that something was to be done on a host, and not in shadow mode. */
function isHostWork(sk: string): boolean {
  const key = readStepKey(sk);
  return key !== null && !isHostless(key.action) && !irreversible.has(key.action) && key.step === '2-applied';
}

/** All peers but golden ones are meant to be cut. */
function isWholeCut({ servers }: Scenario, { cut }: Expected): boolean {
  return servers.every(({ peers }) => peers.every(({ name, golden }) => golden || cut.includes(name)));
}

/** How the incident was closed, read from the table: an execution that ended red carries no output. */
function readOutcome({ items }: PlaySeen): string | null {
  const closed = items.findLast(({ sk }) => /^(closed|failed)#\d+$/.test(sk));
  return closed === undefined ? null : String(closed['outcome']);
}

/** How every action closed, before it was undone: the step that has number 3, else the last one there is. */
function readStatuses({ items }: PlaySeen): ReadonlyMap<string, readonly string[]> {
  const steps = items.flatMap(({ sk }) => readStepKey(sk) ?? []);
  const entries = Map.groupBy(steps, ({ action, cohortId }) => `${action} ${cohortId}`);
  const closed = [...entries.values()].flatMap(
    (own) => own.findLast(({ step }) => step.startsWith('3-')) ?? own.at(-1) ?? [],
  );
  const grouped = Map.groupBy(closed, ({ action }) => action);
  const toStatus = ({ step }: { readonly step: string }) => step.replace(/^\d+-/, '');
  return new Map([...grouped].map(([action, own]) => [action, [...new Set(own.map(toStatus))]]));
}

function findMissingEntries(seen: PlaySeen, expect: Expected, isWanted: (action: string) => boolean): Findings {
  const statuses = readStatuses(seen);
  const opened = seen.items.find(({ sk }) => sk === 'opened#01');
  return [
    ...expectThat(opened !== undefined, 'The incident has no opening entry'),
    ...Object.entries(expect.entries)
      .filter(([action]) => isWanted(action))
      .flatMap(([action, status]) => expectSame(`Entry "${action}"`, statuses.get(action) ?? [], [status])),
  ];
}

/** Commands ran nowhere, so a host action that says verified, or an incident that says contained, is a lie. */
function findFalseClaims(seen: PlaySeen): Findings {
  const claimed = [...readStatuses(seen)].filter(
    ([action, statuses]) => !isHostless(action) && statuses.includes('verified'),
  );
  const outcome = readOutcome(seen);
  const isClaimed = outcome === null || outcome === 'contained' || outcome === 'recovered' || outcome === 'restored';
  return [
    ...claimed.map(([action]) => `"${action}" is recorded as verified`),
    ...expectThat(!isClaimed, `The incident is closed as "${String(outcome)}"`),
    ...expectThat(seen.executions[0]?.status === 'FAILED', 'The execution does not show red'),
  ];
}

/** An isolated interface is in one group that lets nothing in, and else only in groups of golden channels. */
function findOpenInterfaces({ after, before, scenario }: PlaySeen): Findings {
  return after.flatMap((cards, index) => {
    const wantsGolden = scenario.servers[index]?.peers.some(({ golden }) => golden) === true;
    const lost = expectSame(
      'Interfaces',
      cards.map(({ id }) => id),
      (before[index] ?? []).map(({ id }) => id),
    );
    return [
      ...expectThat(cards.length > 0, 'The server has no interface'),
      ...lost,
      ...cards.flatMap((card) => findOpenings(card, wantsGolden)),
    ];
  });
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
function findWrongRules({ before, after, scenario }: PlaySeen, { cut }: Expected): Findings {
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

export function changesIn(calls: readonly CallSeen[]): string[] {
  return calls
    .filter(({ service, operation }) => service !== 'dynamodb' && mutating.test(operation))
    .map(({ operation }) => operation);
}

/** Every change of the network has, before it, the write of what was there. */
function findUnrecordedCalls({ calls, scenario }: PlaySeen, isCut: boolean): Findings {
  const isNetwork = ({ operation }: CallSeen) =>
    changesIn([{ service: 'ec2', operation, text: '' }]).length > 0 && operation !== 'SendCommand';
  const first = calls.findIndex((call) => call.service !== 'dynamodb' && isNetwork(call));
  const written = calls.findIndex(
    ({ operation, text }) =>
      operation === 'PutItem' && text.includes('action#revoke-security-groups#') && text.includes('#1-intended'),
  );
  if (
    scenario.mode === 'shadow' ||
    Object.keys(scenario.expect?.entries ?? {}).every((action) => action === 'fail-over' || action === 'hold-open')
  ) {
    return expectSame('Changing calls', changesIn(calls), []);
  }
  if (!isCut)
    return expectSame(
      'Calls that change the network',
      calls.filter((call) => call.service !== 'dynamodb' && isNetwork(call)).map(({ operation }) => operation),
      [],
    );
  return [
    ...expectThat(calls.length > 0, 'No call was seen at all'),
    ...expectThat(first !== -1, 'No call changed the network'),
    ...expectThat(
      written !== -1 && written < first,
      `What was before is written as call ${written}, the first change is call ${first}`,
    ),
  ];
}
