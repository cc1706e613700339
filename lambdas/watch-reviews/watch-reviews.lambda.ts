import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { clientOptions } from '../shared/clients/client-options.ts';
import { fuseHandler } from '../shared/middleware/base.ts';
import { readPolicy } from '../shared/policy/read-policy.ts';
import { ReviewRegister } from '../shared/reviews/review-register.ts';
import { WatchReviewsEnvironmentSchema } from './environment.ts';
import { startMachines } from './start-machines.ts';
import { watchReviews, WatchEventSchema } from './watch-reviews.ts';

const ec2 = new EC2Client(clientOptions);
const dynamo = new DynamoDBClient(clientOptions);
const sfn = new SFNClient(clientOptions);

/**
 * Runs by the clock, and when a review is opened or closed, a server starts, or a finding comes in. It may run twice,
 * or beside itself: what it starts is put on record first, and the same plan makes the same start.
 */
export const handler = fuseHandler({
  stem: 'watch-reviews',
  environment: WatchReviewsEnvironmentSchema,
  input: WatchEventSchema,
  async handle(event, { environment, logger, signal }) {
    const options = { abortSignal: signal };
    const seen = await watchReviews(event, {
      policy: await readPolicy(),
      home: { accountId: environment.FUSE_ACCOUNT_ID, region: await ec2.config.region() },
      register: new ReviewRegister(dynamo, environment.FUSE_TABLE_NAME, options),
      audit: new AuditTable(dynamo, environment.FUSE_TABLE_NAME, options),
      ec2,
      machines: startMachines(sfn, { respond: environment.FUSE_RESPOND_ARN, restore: environment.FUSE_RESTORE_ARN }),
      now: () => new Date().toISOString(),
    });
    logger.info('Reviews watched', { ...seen });
    return seen;
  },
});
