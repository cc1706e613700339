import type { Scenario } from '../../lab/scenario.ts';
import { toServiceIds } from '../../lab/service-ids.ts';
import { expectSame } from './bench.ts';
import type { Bench } from './bench.ts';
import { isHostWork } from './find-entries.ts';
import { readFront } from './fronts.ts';
import type { PlaySeen } from './play-scenario.ts';

/** Where the front of each service leads new clients, by the scenario's own names of the servers. */
export type FrontsSeen = Readonly<Record<string, readonly string[]>>;

/** Reads from AWS where every service of a scenario leads its clients now. */
export async function readFronts({ target }: Bench, { services = [] }: Scenario): Promise<FrontsSeen> {
  const seen: Record<string, readonly string[]> = {};
  for (const service of services) {
    const ids = toServiceIds(service);
    const there = { listenerArn: target.nameOf(ids.listenerArn), allocationId: target.nameOf(ids.allocationId) };
    const own = [service.primary, service.standby];
    const found = await readFront(target.clients, service.front, there);
    seen[service.name] = found.map((id) => own.find((one) => target.nameOf(one) === id) ?? id);
  }
  return seen;
}

/** A front leads to the server where the scenario expects the clients, and after the restore to the primary again, if that is whole. */
export async function checkFronts(bench: Bench, { scenario, fronts, items }: PlaySeen): Promise<void> {
  const { name, services = [], expect } = scenario;
  if (services.length === 0) return;
  const wanted = Object.entries(expect?.clients ?? {}).map(([service, counts]) => [
    service,
    Object.keys(counts).filter((server) => (counts[server] ?? 0) > 0),
  ]);
  await bench.check(`${name}: the front leads clients where the scenario says`, () =>
    expectSame('Servers', fronts.after, Object.fromEntries(wanted)),
  );
  // Where no command runs on hosts their cut cannot be lifted, and nobody is led back to a server that is still cut.
  if (bench.target.hosts !== 'run' && items.some(isHostWork)) {
    await bench.check(`${name}: restore leads nobody back to a server that is still cut on its host`, () =>
      expectSame('Servers', fronts.restored, fronts.after),
    );
    return;
  }
  await bench.check(`${name}: restore leads the clients to the primary`, () =>
    expectSame('Servers', fronts.restored, Object.fromEntries(services.map((one) => [one.name, [one.primary]]))),
  );
}
