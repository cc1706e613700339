import * as z from 'zod/mini';
import { defineRequests, noContext } from './request-input.ts';
import type { ToRequests } from './request-input.ts';

/** Route 53 is of no Region, and its ARNs name no account. */
const toArn = (kind: string, id: string): string => `arn:aws:route53:::${kind}/${id}`;

const listRecords = defineRequests(z.object({ HostedZoneId: z.string() }), ({ HostedZoneId }) => [
  { action: 'route53:ListResourceRecordSets', resource: toArn('hostedzone', HostedZoneId), context: noContext },
]);

const changeSchema = z.object({
  Action: z.string(),
  ResourceRecordSet: z.object({ Name: z.string(), Type: z.string() }),
});
const batchSchema = z.object({ Changes: z.object({ Change: z.array(changeSchema) }) });

/** The keys hold one value for each change, so that a role can be held to names, types and actions. */
const changeRecords = defineRequests(
  z.object({ HostedZoneId: z.string(), ChangeBatch: batchSchema }),
  ({ HostedZoneId, ChangeBatch }) => {
    const { Change: changes } = ChangeBatch.Changes;
    const prefix = 'route53:ChangeResourceRecordSets';
    const names = changes.map(({ ResourceRecordSet: { Name } }) => Name.toLowerCase().replace(/\.$/, ''));
    const keys = {
      [`${prefix}NormalizedRecordNames`]: names,
      [`${prefix}RecordTypes`]: changes.map(({ ResourceRecordSet: { Type } }) => Type),
      [`${prefix}Actions`]: changes.map(({ Action }) => Action),
    };
    return [{ action: prefix, resource: toArn('hostedzone', HostedZoneId), context: { keys, complete: [] } }];
  },
);

const getChange = defineRequests(z.object({ Id: z.string() }), ({ Id }) => [
  { action: 'route53:GetChange', resource: toArn('change', Id), context: noContext },
]);

const getHealthCheck = defineRequests(z.object({ HealthCheckId: z.string() }), ({ HealthCheckId }) => [
  { action: 'route53:GetHealthCheckStatus', resource: toArn('healthcheck', HealthCheckId), context: noContext },
]);

/** By operation. */
export const route53Requests: Readonly<Record<string, ToRequests>> = {
  ListResourceRecordSets: listRecords,
  ChangeResourceRecordSets: changeRecords,
  GetChange: getChange,
  GetHealthCheckStatus: getHealthCheck,
};
