import { CreateManagedPrefixListCommand } from '@aws-sdk/client-ec2';
import type { Scenario, ScenarioServer } from '../../lab/scenario.ts';
import { toServiceIds } from '../../lab/service-ids.ts';
import { runServer } from './account-calls.ts';
import type { Network } from './account-calls.ts';
import type { Clients } from './clients.ts';
import { createFront } from './fronts.ts';

/** What a scenario's ids are called in a target that gives ids of its own. */
export type Names = ReadonlyMap<string, string>;

/**
 * Puts into a target what the policy of the scenarios names: services with their servers and fronts, and prefix lists.
 * AWS gives ids as it likes, so it has to be there before the app is synthesised with them.
 */
export async function raiseWorld(
  clients: Clients,
  network: Network,
  scenarios: readonly Scenario[],
  whenPlaced: (server: ScenarioServer, id: string) => void,
): Promise<Names> {
  const names = new Map<string, string>();
  for (const { servers, services = [], prefixLists = {} } of scenarios) {
    for (const service of services) {
      for (const server of servers.filter(({ id }) => id === service.primary || id === service.standby)) {
        const id = await runServer(clients, network, server);
        whenPlaced(server, id);
        names.set(server.id, id);
      }
      const made = await createFront(clients, network, service, names);
      for (const [own, there] of Object.entries(made)) {
        const wanted = toServiceIds(service)[own as keyof typeof made];
        names.set(wanted, there);
      }
    }
    for (const [id, cidrs] of Object.entries(prefixLists)) names.set(id, await createPrefixList(clients, cidrs));
  }
  return names;
}

/** A text in which everything is called as it is in the target. */
export function rename(text: string, names: Names): string {
  let renamed = text;
  for (const [own, there] of names) renamed = renamed.replaceAll(own, there);
  return renamed;
}

async function createPrefixList({ ec2 }: Clients, cidrs: readonly string[]): Promise<string> {
  const { PrefixList } = await ec2.send(
    new CreateManagedPrefixListCommand({
      PrefixListName: 'abroad',
      AddressFamily: 'IPv4',
      MaxEntries: cidrs.length,
      Entries: cidrs.map((Cidr) => ({ Cidr })),
    }),
  );
  return PrefixList?.PrefixListId ?? '';
}
