import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import { ClosingRequestSchema } from '../shared/contracts/closing.ts';
import { IncidentFailedError } from '../shared/errors.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { closeIncident, type ClosingResult } from './close-incident.ts';
import { CloseIncidentEnvironmentSchema } from './environment.ts';

const dynamo = new DynamoDBClient(clientOptions);
const events = new EventBridgeClient(clientOptions);

/** Runs once at the end of every execution; its last word is an error where someone must look. */
export const handler = fuseHandler({
  stem: 'close-incident',
  environment: CloseIncidentEnvironmentSchema,
  input: ClosingRequestSchema,
  handle: async (request, { environment, logger, metrics }) => {
    const result = await closeIncident(request, {
      audit: new AuditTable(dynamo, environment.FUSE_TABLE_NAME),
      bus: new OutcomeBus(events, environment.FUSE_BUS_NAME),
      now: () => new Date().toISOString(),
      log: (message, content) => logger.info(message, content),
    });
    addMetrics(metrics, result);
    if (result.isFailure) throw new IncidentFailedError(result.summary);
    return result;
  },
});

/** Only where a cut was made: a zero would flatter the percentiles. */
function addMetrics(metrics: Metrics, { latency }: ClosingResult): void {
  if (latency.cutMs !== null) metrics.addMetric('CutLatency', MetricUnit.Milliseconds, latency.cutMs);
  if (latency.verifiedMs !== null) metrics.addMetric('VerifiedLatency', MetricUnit.Milliseconds, latency.verifiedMs);
}
