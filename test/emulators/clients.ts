import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';

/** Variables that lead the AWS tools, the SDK and the `fuse` command to a target. */
export type Environment = Readonly<Record<string, string>>;

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamodb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly events: EventBridgeClient;
  readonly stepFunctions: SFNClient;
  readonly ssm: SSMClient;
}

/** Unmodified SDK clients; an endpoint of a service's own wins over the common one, as the SDK itself has it. */
export function createClients(environment: Environment): Clients {
  const base = {
    region: environment['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    // A fault of the target must show as it is.
    maxAttempts: 1,
  };
  const at = (service: string) => {
    const endpoint = environment[`AWS_ENDPOINT_URL_${service}`] ?? environment['AWS_ENDPOINT_URL'];
    return endpoint === undefined ? base : { ...base, endpoint };
  };
  return {
    cloudFormation: new CloudFormationClient(at('CLOUDFORMATION')),
    dynamodb: new DynamoDBClient(at('DYNAMODB')),
    ec2: new EC2Client(at('EC2')),
    elb: new ElasticLoadBalancingV2Client(at('ELASTIC_LOAD_BALANCING_V2')),
    events: new EventBridgeClient(at('EVENTBRIDGE')),
    stepFunctions: new SFNClient({ ...at('SFN'), disableHostPrefix: true }),
    ssm: new SSMClient(at('SSM')),
  };
}
