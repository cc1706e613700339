import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { Budget } from '../shared/clients/budget.ts';
import { describeServers } from '../shared/clients/describe-servers.ts';
import { rehearse } from '../shared/clients/rehearse.ts';

/** As many as a parser needs to be compiled by. */
const servers = Array.from({ length: 50 }, (_, index) => `i-${index}`);

const answer = `<r><reservationSet><item><instancesSet>${servers
  .map(
    (id) =>
      `<item><instanceId>${id}</instanceId><instanceState><name>running</name></instanceState><tagSet><item><key>k</key><value>v</value></item></tagSet></item>`,
  )
  .join('')}</instancesSet></item></reservationSet></r>`;

/** What an assessment asks of the SDK. */
export async function rehearseAssess(): Promise<boolean> {
  const [read, written] = await Promise.all([
    rehearse(
      (options) => new EC2Client(options),
      answer,
      async (ec2) => describeServers(ec2, servers),
    ),
    rehearse(
      (options) => new DynamoDBClient(options),
      '{}',
      async (dynamo) =>
        Promise.all([
          new AuditTable(dynamo, 'rehearsal').putInIncident('rehearsal', 'opened', { servers }),
          new Budget(dynamo, 'rehearsal').count({ windowStart: '', service: null }, servers),
        ]),
    ),
  ]);
  return read && written;
}
