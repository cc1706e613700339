import { startLab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { createClients } from './clients.ts';
import { readTemplate } from './prepare-assembly.ts';
import type { CallSeen } from './recorder.ts';
import type { Target } from './target.ts';

/** The embedded lab as a target: reached over its wire like any other; only servers and AWS's own events need the back door. */
export async function startLabTarget(assembly: string, cleanUp: () => Promise<void>): Promise<Target> {
  const lab = await startLab({ hosts: 'simulated', assembly });
  const { aws, deployment } = lab;
  return {
    name: 'lab',
    environment: aws.environment,
    clients: createClients(aws.environment),
    outputs: deployment.outputs,
    template: readTemplate(assembly),
    hosts: 'run',
    stripped: [],
    get calls(): readonly CallSeen[] {
      return aws.gateway.calls
        .filter(({ caller }) => deployment.functionOf(caller) !== undefined)
        .map(({ service, operation, input }) => ({ service, operation, text: JSON.stringify(input) }));
    },
    place: async (server) => {
      await raiseServer(lab, server);
      return server.id;
    },
    // PutEvents refuses the sources of AWS, here as there.
    deliver: async (event) => {
      emitEvent(aws, deployment, event);
      await Promise.resolve();
    },
    stop: async () => {
      await lab.stop();
      await cleanUp();
    },
  };
}
