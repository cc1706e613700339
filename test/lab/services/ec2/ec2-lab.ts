import { EC2Client } from '@aws-sdk/client-ec2';
import type { Firewall } from '../../../../lab/hosts/host-world.ts';
import { Ec2Service } from '../../../../lab/services/ec2/ec2-service.ts';
import type { Ec2ServiceProps } from '../../../../lab/services/ec2/ec2-service.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';

/** An EC2 of the lab on the wire, with the firewalls its hosts were told. */
export interface Ec2Lab {
  readonly ec2: Ec2Service;
  readonly gateway: Gateway;
  readonly client: EC2Client;
  readonly told: { readonly instanceId: string; readonly firewall: Firewall }[];
}

export const vpcId = 'vpc-00000000000000001';
export const server = 'i-0000000000000000a';

/** Starts an EC2 with one VPC that is not the default one. */
export async function startEc2Lab(props: Partial<Ec2ServiceProps> = {}): Promise<Ec2Lab> {
  const told: { instanceId: string; firewall: Firewall }[] = [];
  const ec2 = new Ec2Service({
    accountId: '123456789012',
    region: 'eu-central-1',
    onFirewallChange: (instanceId, firewall) => void told.push({ instanceId, firewall }),
    ...props,
  });
  ec2.addVpc({ vpcId, cidrBlock: '10.0.0.0/16' });
  const gateway = await startGateway([ec2]);
  const client = new EC2Client({
    endpoint: gateway.url,
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIALABTEST', secretAccessKey: 'unused' },
  });
  return { ec2, gateway, client, told };
}

/** Adds a server with one interface in the given groups and returns the interface's id. */
export function addServer(
  ec2: Ec2Service,
  groupIds: readonly string[],
  instanceId = server,
  address = '10.0.0.10',
): string {
  const [networkInterfaceId = ''] = ec2.addInstance({
    instanceId,
    vpcId,
    networkInterfaces: [{ privateIpAddress: address, groupIds }],
  });
  return networkInterfaceId;
}
