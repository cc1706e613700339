import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  RevokeSecurityGroupEgressCommand,
} from '@aws-sdk/client-ec2';
import type { EC2Client, IpPermission } from '@aws-sdk/client-ec2';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { findStripped } from './strip-template.ts';
import type { StandIn, Template, TemplateResource } from './strip-template.ts';

export interface StandInTools {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/** Makes by API, from the template's own properties, what was taken out of the template. */
export async function createStandIns(template: Template, tools: StandInTools): Promise<Record<string, StandIn>> {
  const made: Record<string, StandIn> = {};
  for (const [id, resource] of findStripped(template)) {
    const standIn = await createStandIn(id, resource, tools);
    if (standIn !== undefined) made[id] = standIn;
  }
  return made;
}

async function createStandIn(
  id: string,
  resource: TemplateResource,
  tools: StandInTools,
): Promise<StandIn | undefined> {
  switch (resource.Type) {
    case 'AWS::SSM::Document':
      return await createDocument(id, resource, tools);
    case 'AWS::EC2::SecurityGroup':
      return await createGroup(id, resource, tools);
    default:
      // Nothing names associations and sensor alarms; should anything do so one day, the template is refused.
      return undefined;
  }
}

async function createDocument(
  id: string,
  { Properties = {} }: TemplateResource,
  { ssm }: StandInTools,
): Promise<StandIn> {
  const { Name } = Properties;
  const name = typeof Name === 'string' ? Name : id;
  const content = Properties['Content'];
  await ssm.send(
    new CreateDocumentCommand({
      Name: name,
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      Content: typeof content === 'string' ? content : JSON.stringify(content),
    }),
  );
  return { ref: name, attributes: {} };
}

/** As CloudFormation does: the rule that lets everything out goes where the template names rules of its own. */
async function createGroup(id: string, { Properties = {} }: TemplateResource, { ec2 }: StandInTools): Promise<StandIn> {
  const tags = (Properties['Tags'] ?? []) as { readonly Key: string; readonly Value: string }[];
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: id,
      Description: String(Properties['GroupDescription']),
      VpcId: String(Properties['VpcId']),
      TagSpecifications: [{ ResourceType: 'security-group', Tags: tags }],
    }),
  );
  const ingress = toPermissions(Properties['SecurityGroupIngress']);
  const egress = toPermissions(Properties['SecurityGroupEgress']);
  if (ingress.length > 0) {
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ingress }));
  }
  if (egress.length > 0) {
    const everything = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: everything }));
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: egress }));
  }
  return { ref: GroupId, attributes: { GroupId, Id: GroupId } };
}

function toPermissions(rules: unknown): IpPermission[] {
  const list = (rules ?? []) as readonly Readonly<Record<string, string | number | undefined>>[];
  return list.map((rule) => {
    const { CidrIp, CidrIpv6, Description } = rule;
    return {
      IpProtocol: String(rule['IpProtocol']),
      ...(rule['FromPort'] !== undefined && { FromPort: Number(rule['FromPort']) }),
      ...(rule['ToPort'] !== undefined && { ToPort: Number(rule['ToPort']) }),
      ...(CidrIp !== undefined && { IpRanges: [{ CidrIp: String(CidrIp), Description: String(Description ?? '') }] }),
      ...(CidrIpv6 !== undefined && {
        Ipv6Ranges: [{ CidrIpv6: String(CidrIpv6), Description: String(Description ?? '') }],
      }),
    };
  });
}
