import { defaultStackName } from '../../cli/account.ts';
import { readScenarios } from '../../lab/scenario.ts';
import type { ScenarioServer } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { createNetwork, putEvent, readOutputs, runServer } from './account-calls.ts';
import { createClients } from './clients.ts';
import { deployApp } from './deploy-app.ts';
import { startEmulators } from './emulators.ts';
import { fireSchedules } from './fire-schedules.ts';
import { prepareAssembly, readTemplate } from './prepare-assembly.ts';
import { synthesiseApp } from './synthesise-app.ts';
import type { Target } from './target.ts';
import { raiseWorld } from './world.ts';

/** Starts the emulators, synthesises the app for what is there and deploys it there by the CDK command line. */
export async function startEmulatorTarget(tell: (line: string) => void): Promise<Target> {
  const emulators = await startEmulators(tell);
  try {
    const { name, accountId, region, environment, deployEnvironment, calls, machines } = emulators;
    const clients = createClients(environment);
    const network = await createNetwork(clients);
    const note = ({ machine }: ScenarioServer, id: string) => {
      if (machine !== undefined) machines.set(id, machine);
    };
    const names = await raiseWorld(clients, network, readScenarios(), note);
    const assembly = await synthesiseApp({ accountId, region, vpcId: network.vpcId }, names);
    const template = readTemplate(assembly.folder);
    const stripped = await prepareAssembly(assembly.folder, clients);
    tell(`deploying into ${name} by cdk bootstrap and cdk deploy`);
    await deployApp({ assembly: assembly.folder, accountId, region, environment: deployEnvironment });
    const outputs = await readOutputs(clients, defaultStackName);
    return {
      name,
      environment,
      clients,
      outputs,
      template,
      hosts: 'none',
      calls,
      stripped,
      nameOf: (id) => names.get(id) ?? id,
      place: async (server) => {
        const known = names.get(server.id);
        if (known !== undefined) return known;
        const id = await runServer(clients, network, server);
        note(server, id);
        return id;
      },
      // It is there since before the app was synthesised.
      furnish: async () => await Promise.resolve(),
      deliver: async (event) => {
        if (isRecord(event) && event['source'] === 'aws.events') await fireSchedules(clients);
        else await putEvent(clients, outputs, event);
      },
      stop: async () => {
        await emulators.stop();
        await assembly.remove();
      },
    };
  } catch (error) {
    await emulators.stop();
    throw error;
  }
}
