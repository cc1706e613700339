import type { EventSeed } from '../events/event.ts';
import type { Invocation } from './invocation.ts';

/** The event Systems Manager sends to the default bus when a command has ended on one server. */
export function toCommandEvent(invocation: Invocation, accountId: string, region: string): EventSeed {
  const { commandId, instanceId, document, requestedAt, status } = invocation;
  return {
    source: 'aws.ssm',
    'detail-type': 'EC2 Command Invocation Status-change Notification',
    resources: [`arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`],
    detail: {
      'command-id': commandId,
      'document-name': document.name,
      'instance-id': instanceId,
      'requested-date-time': requestedAt.toISOString(),
      status,
    },
  };
}
