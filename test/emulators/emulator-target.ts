import { defaultStackName } from '../../cli/account.ts';
import { createNetwork, putEvent, readOutputs, runServer } from './account-calls.ts';
import { createClients } from './clients.ts';
import { deployApp } from './deploy-app.ts';
import { startEmulators } from './emulators.ts';
import { prepareAssembly, readTemplate } from './prepare-assembly.ts';
import { synthesiseApp } from './synthesise-app.ts';
import type { Target } from './target.ts';

/** Starts the emulators, synthesises the app for their VPC and deploys it there by the CDK command line. */
export async function startEmulatorTarget(tell: (line: string) => void): Promise<Target> {
  const emulators = await startEmulators(tell);
  try {
    const { name, accountId, region, environment, deployEnvironment, calls } = emulators;
    const clients = createClients(environment);
    const network = await createNetwork(clients);
    const assembly = await synthesiseApp({ accountId, region, vpcId: network.vpcId });
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
      place: async (server) => {
        const id = await runServer(clients, network, server);
        if (server.machine?.platform === 'Windows') emulators.windows.add(id);
        return id;
      },
      deliver: async (event) => await putEvent(clients, outputs, event),
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
