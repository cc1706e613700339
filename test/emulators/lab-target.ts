import { startLab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import { createClients } from './clients.ts';
import { readTemplate } from './prepare-assembly.ts';
import type { CallSeen } from './recorder.ts';
import type { Target } from './target.ts';

/** As long as the longest period of the app's own schedules. */
const scheduleMs = 15 * 60_000;

/** The embedded lab as a target: reached over its wire like any other; only what stands before the event and AWS's own events need the back door. */
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
    nameOf: (id) => id,
    place: async (server) => {
      await raiseServer(lab, server);
      return server.id;
    },
    furnish: async ({ prefixLists = {}, services = [] }) => {
      for (const [id, cidrs] of Object.entries(prefixLists)) aws.ec2.addPrefixList(id, cidrs);
      for (const service of services) await lab.openService(service);
    },
    // PutEvents refuses the sources of AWS, here as there.
    deliver: async (event) => {
      if (isRecord(event) && event['source'] === 'aws.events') aws.events.fireSchedules(scheduleMs);
      else emitEvent(aws, deployment, event);
      await Promise.resolve();
    },
    stop: async () => {
      await lab.stop();
      await cleanUp();
    },
  };
}
