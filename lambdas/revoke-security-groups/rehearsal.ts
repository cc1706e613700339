import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { moveInterface } from '../shared/actions/revoke-security-groups/apply-cut.ts';
import { readGroups } from '../shared/actions/revoke-security-groups/verify-cut.ts';
import { AuditTable } from '../shared/clients/audit-table.ts';
import { describeGroupRules } from '../shared/clients/ec2-reads.ts';
import { rehearse } from '../shared/clients/rehearse.ts';

/** As many as a parser needs to be compiled by. */
const interfaces = Array.from({ length: 50 }, (_, index) => `eni-${index}`);

const answer = `<r><networkInterfaceSet>${interfaces
  .map(
    (id) =>
      `<item><networkInterfaceId>${id}</networkInterfaceId><groupSet><item><groupId>sg</groupId></item></groupSet><attachment><instanceId>i</instanceId><deviceIndex>0</deviceIndex></attachment></item>`,
  )
  .join('')}</networkInterfaceSet></r>`;

/** What a network cut asks of the SDK. */
export async function rehearseCut(): Promise<boolean> {
  const [cut, written] = await Promise.all([
    rehearse(
      (options) => new EC2Client(options),
      answer,
      async (ec2) =>
        Promise.all([
          readGroups(ec2, interfaces),
          describeGroupRules(ec2, ['sg']),
          ...interfaces.map(async (target) => moveInterface(ec2, target, ['sg'])),
        ]),
    ),
    rehearse(
      (options) => new DynamoDBClient(options),
      '{}',
      async (dynamo) => {
        const audit = new AuditTable(dynamo, 'rehearsal');
        const key = { incidentId: 'rehearsal', action: 'revoke-security-groups', cohortId: 'c1' } as const;
        await Promise.all([audit.readSteps(key), audit.putStep(key, '1-intended', { changes: interfaces })]);
      },
    ),
  ]);
  return cut && written;
}
