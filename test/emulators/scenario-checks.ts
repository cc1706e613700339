import type { Scenario } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Bench } from './bench.ts';
import { changesIn, findWrongCalls } from './find-calls.ts';
import { findFalseClaims, findMissingEntries, isHostless, isHostWork, readOutcome } from './find-entries.ts';
import { findOpenInterfaces, findWrongRules, isWholeCut } from './find-openings.ts';
import { checkFronts } from './front-checks.ts';
import { playScenario } from './play-scenario.ts';
import type { PlaySeen } from './play-scenario.ts';

type Expected = NonNullable<Scenario['expect']>;

/** Plays a scenario on the target and holds what was read against the scenario's own file. */
export async function checkScenario(bench: Bench, scenario: Scenario): Promise<void> {
  const { expect, name } = scenario;
  if (expect === undefined) throw new Error(`Scenario "${name}" expects nothing`);
  const isRepeated = name === 'ransomware' || name === 'core-business';
  let seen: PlaySeen | undefined;
  await bench.check(`${name}: the event starts exactly one execution`, async () => {
    seen = await playScenario(bench, scenario, isRepeated);
    return [
      ...expectSame('Number of executions', seen.executions.length, 1),
      ...seen.late.flatMap(({ executions }) => expectSame('Number for a late server', executions.length, 1)),
    ];
  });
  // What could not be played has no end state; the check above says so.
  if (seen?.executions[0] === undefined) return;
  await checkDecision(bench, seen, expect);
  await checkNetwork(bench, seen, expect);
  await checkFronts(bench, seen);
  await checkRestore(bench, seen, expect);
  if (isRepeated) await checkRepeat(bench, seen);
}

async function checkDecision(bench: Bench, seen: PlaySeen, expect: Expected): Promise<void> {
  const { name } = seen.scenario;
  const needsHosts = Object.keys(expect.entries).some((action) => !isHostless(action));
  // The late servers of a scenario are incidents of their own, which must end as the first does.
  const incidents = [seen, ...seen.late];
  await bench.check(`${name}: the flowchart goes its way`, () =>
    incidents.flatMap(({ executions }) => expectSame('Path', executions[0]?.path, expect.path)),
  );
  await bench.check(`${name}: the network's part is on record`, () =>
    incidents.flatMap((one) => findMissingEntries(one, expect, isHostless)),
  );
  // In shadow mode nothing is to be done, so a target without hosts can judge that as well.
  if (bench.target.hosts === 'none' && needsHosts && seen.scenario.mode !== 'shadow') {
    await bench.check(`${name}: nothing is called done that no host did`, () =>
      incidents.flatMap((one) => findFalseClaims(one, expect)),
    );
    const reason = 'no command runs on any host there';
    bench.leave(`${name}: the outcome is the scenario's`, reason);
    bench.leave(`${name}: the hosts' part is on record`, reason);
    return;
  }
  await bench.check(`${name}: the outcome is the scenario's`, () =>
    incidents.flatMap((one) => expectSame('Outcome', readOutcome(one), expect.outcome)),
  );
  if (needsHosts) {
    await bench.check(`${name}: the hosts' part is on record`, () =>
      incidents.flatMap((one) => findMissingEntries(one, expect, (action) => !isHostless(action))),
    );
  }
}

async function checkNetwork(bench: Bench, seen: PlaySeen, expect: Expected): Promise<void> {
  const { name, mode } = seen.scenario;
  if (!isCut(expect)) {
    await bench.check(`${name}: the network is left alone`, () =>
      expectSame('Network', JSON.stringify(seen.after), JSON.stringify(seen.before)),
    );
  } else if (isWholeCut(seen.scenario, expect)) {
    await bench.check(`${name}: every interface is isolated`, () => findOpenInterfaces(seen, expect));
  } else {
    await bench.check(`${name}: exactly the attacker's rules are gone`, () => findWrongRules(seen, expect));
  }
  const title = `${name}: changes come after their record, and no others`;
  if (bench.target.calls === null) bench.leave(title, 'nobody listens to what functions call there');
  else await bench.check(title, () => findWrongCalls(seen.calls, mode, expect.entries));
}

function isCut({ entries }: Expected): boolean {
  return entries['revoke-security-groups'] === 'verified';
}

/** What was sent to a host that never answered cannot be undone there, and the restore must say so. */
async function checkRestore(bench: Bench, seen: PlaySeen, expect: Expected): Promise<void> {
  const incidents = [seen, ...seen.late];
  const wanted = incidents.map(({ items }) =>
    bench.target.hosts === 'run' || !items.some(isHostWork) ? 'SUCCEEDED' : 'FAILED',
  );
  await bench.check(`${seen.scenario.name}: restore puts the network back exactly`, () => [
    ...expectSame(
      'Status of the restore',
      seen.restores.map(({ status }) => status),
      wanted,
    ),
    ...expectSame('Network', seen.restored, seen.before),
    ...(isCut(expect)
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
