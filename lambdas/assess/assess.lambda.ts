import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { Budget } from '../shared/clients/budget.ts';
import { describeAlarms } from '../shared/clients/describe-alarms.ts';
import { describeServers } from '../shared/clients/describe-servers.ts';
import { describeServices } from '../shared/clients/describe-services.ts';
import { AssessRequestSchema } from '../shared/contracts/assessing.ts';
import { hastyOptions, makeHastyClients, readHastily } from '../shared/clients/hasty-read.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { assess } from './assess.ts';
import { AssessEnvironmentSchema } from './environment.ts';
import { rehearseAssess } from './rehearsal.ts';

// Made once a container: their connections are kept for the next event.
const ec2 = makeHastyClients((options) => new EC2Client(options));
const cloudWatch = makeHastyClients((options) => new CloudWatchClient(options));
// All it writes here may be written twice: an opening that was lost on the way back is found again as our own.
const dynamoDb = new DynamoDBClient(hastyOptions);

// Copies that are kept ready have it behind them when the first event comes.
void rehearseAssess();

/**
 * Runs first in every execution of `respond`. The state machine may run it again after a lost answer; the incident is
 * then open already and its recorded answers are handed on.
 */
export const handler = fuseHandler({
  stem: 'assess',
  environment: AssessEnvironmentSchema,
  input: AssessRequestSchema,
  async handle(request, { environment, logger, metrics, signal }) {
    const assessment = await assess(request, {
      policy: await readPolicy(),
      accountId: environment.FUSE_ACCOUNT_ID,
      region: await ec2.patient.config.region(),
      describeServers: async (ids) => readHastily(ec2, async (client) => describeServers(client, ids)),
      // In haste only: a size that comes late counts as unknown, and nothing waits for it.
      describeServices: async () => describeServices(ec2.hasty),
      describeAlarms: async (names) => readHastily(cloudWatch, async (client) => describeAlarms(client, names)),
      audit: new AuditTable(dynamoDb, environment.FUSE_TABLE_NAME, { abortSignal: signal }),
      budget: new Budget(dynamoDb, environment.FUSE_TABLE_NAME, { abortSignal: signal }),
      now: () => new Date(),
    });
    const { outcome, reason, incident, cohorts } = assessment;
    metrics.addMetric(`assessed-${outcome}`, MetricUnit.Count, 1);
    if (incident?.signal.breakGlass === true) metrics.addMetric('break-glass', MetricUnit.Count, 1);
    logger.info('Assessed', {
      outcome,
      reason,
      ...(incident === null ? {} : { incidentId: incident.id, kind: incident.signal.kind }),
      cohorts: cohorts.map(({ id, servers, answers, approval }) => ({
        id,
        servers: servers.length,
        answers,
        approval: approval?.reason ?? null,
      })),
    });
    return assessment;
  },
});
