import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { ManagedInstance } from './invocation.ts';
import type { SsmDesk } from './ssm-desk.ts';

const input = z.strictObject({
  Filters: z.optional(z.array(z.strictObject({ Key: z.string(), Values: z.array(z.string()).check(z.minLength(1)) }))),
  MaxResults: z.optional(z.int().check(z.gte(5), z.lte(50))),
  NextToken: z.optional(z.string()),
});

const valueOf: Readonly<Record<string, (instance: ManagedInstance) => string>> = {
  InstanceIds: ({ instanceId }) => instanceId,
  PingStatus: toPingStatus,
  PlatformTypes: ({ platformType }) => platformType,
  AgentVersion: ({ agentVersion }) => agentVersion,
};

/** Pages are short when the caller names no size. */
const defaultPage = 50;

/** Lists the servers whose agent registered; one that never did is simply absent. */
export function describeInstanceInformation(desk: SsmDesk): Operation {
  return defineOperation(input, ({ Filters = [], MaxResults = defaultPage, NextToken }) => {
    const tests = Filters.map(({ Key, Values }) => {
      const read = Object.hasOwn(valueOf, Key) ? valueOf[Key] : undefined;
      if (read === undefined)
        throw new ServiceError('InvalidFilterKey', `The filter key '${Key}' is invalid, or not known to the lab`);
      return (instance: ManagedInstance) => Values.includes(read(instance));
    });
    const kept = [...desk.instances.values()].filter((instance) => tests.every((test) => test(instance)));
    const start = NextToken === undefined ? 0 : Number(NextToken);
    const end = start + MaxResults;
    return {
      InstanceInformationList: kept.slice(start, end).map(viewInstance),
      NextToken: end < kept.length ? String(end) : undefined,
    };
  });
}

function viewInstance(instance: ManagedInstance): unknown {
  return {
    InstanceId: instance.instanceId,
    PingStatus: toPingStatus(instance),
    LastPingDateTime: Date.now() / 1000,
    AgentVersion: instance.agentVersion,
    IsLatestVersion: true,
    PlatformType: instance.platformType,
    PlatformName: instance.platformType === 'Windows' ? 'Microsoft Windows Server 2022' : 'Amazon Linux',
    ResourceType: 'EC2Instance',
    IPAddress: instance.ipAddress,
  };
}

/** A lost agent is seen as such at once; on AWS it takes some minutes. */
function toPingStatus({ agent }: ManagedInstance): string {
  return agent === 'online' ? 'Online' : 'ConnectionLost';
}
