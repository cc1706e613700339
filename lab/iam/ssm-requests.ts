import * as z from 'zod/mini';
import { contextOf } from './ec2-requests.ts';
import type { IamRequest } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, onNoResource, toArn } from './request-input.ts';
import type { CallSite, ToRequests } from './request-input.ts';

/** Content and description are asked for apart, on the same resource. */
const readDocument = defineRequests(z.object({ Name: z.string() }), ({ Name }, site, { operation }) => [
  askForDocument(`ssm:${operation}`, Name, site),
]);

/** On AWS a host that is not allowed shows in its own invocation and the call succeeds; it is refused all the same. */
const sendCommand = defineRequests(
  // Targets by tag would be as many hosts as carry it: the fuse names its hosts one by one.
  z.object({
    DocumentName: z.string(),
    InstanceIds: z.array(z.string()).check(z.minLength(1)),
    Targets: z.optional(z.never()),
    OutputS3BucketName: z.optional(z.never()),
  }),
  ({ DocumentName, InstanceIds }, site) => [
    askForDocument('ssm:SendCommand', DocumentName, site),
    ...InstanceIds.map((instanceId) => askForInstance(instanceId, site)),
  ],
);

/** By operation. */
export const ssmRequests: Readonly<Record<string, ToRequests>> = {
  GetDocument: readDocument,
  DescribeDocument: readDocument,
  SendCommand: sendCommand,
  ListCommandInvocations: onNoResource(),
  CancelCommand: onNoResource(),
  DescribeInstanceInformation: onNoResource(),
};

/** The lab's documents carry no tags. */
function askForDocument(action: string, name: string, site: CallSite): IamRequest {
  const context = { keys: {}, complete: ['aws:ResourceTag/', 'ssm:resourceTag/'] };
  return { action, resource: toArn(site, 'ssm', 'document/', name), context };
}

/** Run Command's instances are EC2's, and so are their tags, which it knows under a name of its own as well. */
function askForInstance(instanceId: string, site: CallSite): IamRequest {
  if (!instanceId.startsWith('i-')) {
    throw new CallNotMappedError(`Could not tell the resource of host '${instanceId}': an EC2 instance is wanted`);
  }
  // Only tags: the other keys EC2 knows of an instance are not known to be Systems Manager's.
  const { keys } = contextOf('instance', instanceId, site);
  const tags = Object.entries(keys).filter(([key]) => key.startsWith('aws:ResourceTag/'));
  const ours = tags.map(([key, value]) => [key.replace('aws:ResourceTag/', 'ssm:resourceTag/'), value] as const);
  return {
    action: 'ssm:SendCommand',
    resource: toArn(site, 'ec2', 'instance/', instanceId),
    context: {
      keys: Object.fromEntries([...tags, ...ours]),
      complete: ['aws:ResourceTag/', 'ssm:resourceTag/'],
    },
  };
}
