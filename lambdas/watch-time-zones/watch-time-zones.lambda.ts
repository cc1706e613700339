import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod/mini';
import { AuditStore } from '../shared/clients/audit-store.ts';
import { systemTiming } from '../shared/clients/aws-errors.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { SensorBus } from '../shared/clients/sensor-bus.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { WatchTimeZonesEnvironmentSchema } from './environment.ts';
import { watchTimeZones } from './watch-time-zones.ts';

const dynamo = new DynamoDBClient(clientOptions);
const ec2 = new EC2Client(clientOptions);
const ssm = new SSMClient(clientOptions);
const events = new EventBridgeClient(clientOptions);

/** Runs by a schedule. A run that fails is not repeated but by the next one; the alarm of its errors tells of it. */
export const handler = fuseHandler({
  stem: 'watch-time-zones',
  environment: WatchTimeZonesEnvironmentSchema,
  input: z.object({ 'detail-type': z.literal('Scheduled Event') }),
  handle: async (_event, { environment, logger, metrics }) => {
    const result = await watchTimeZones({
      ec2,
      ssm,
      document: { name: environment.FUSE_DOCUMENT_NAME, digest: environment.FUSE_DOCUMENT_DIGEST },
      timing: systemTiming,
      store: new AuditStore(dynamo, environment.FUSE_TABLE_NAME),
      bus: new SensorBus(events, environment.FUSE_BUS_NAME),
      policy: await readPolicy(),
      now: () => new Date().toISOString(),
    });
    const { read, unknown, conflicts, processConflicts } = result;
    const isClear = conflicts.length + processConflicts.length + Object.keys(unknown).length === 0;
    logger[isClear ? 'info' : 'warn']('Time zones compared', { ...result });
    metrics.addMetric('TimeZonesRead', MetricUnit.Count, read);
    metrics.addMetric('TimeZonesUnknown', MetricUnit.Count, Object.keys(unknown).length);
    metrics.addMetric('TimeZoneConflicts', MetricUnit.Count, conflicts.length);
    return result;
  },
});
