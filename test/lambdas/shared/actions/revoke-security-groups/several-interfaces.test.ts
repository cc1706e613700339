import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetworkBench } from '../../../../builders/network-bench.ts';
import { server, vpcId } from '../../../../lab/services/ec2/ec2-lab.ts';

const otherVpc = 'vpc-00000000000000002';

describe('revoke-security-groups of a server with three interfaces in two VPCs', () => {
  let bench: NetworkBench;
  let enis: readonly string[];
  let web: string;
  let groups: { quarantine: string; sealed: string; golden: Record<string, string> };

  beforeEach(async () => {
    bench = await NetworkBench.start();
    const { ec2 } = bench.lab;
    ec2.addVpc({ vpcId: otherVpc, cidrBlock: '10.1.0.0/16' });
    web = ec2.addSecurityGroup({ groupName: 'web', vpcId: otherVpc });
    groups = {
      quarantine: ec2.addSecurityGroup({
        groupName: 'quarantine',
        vpcId: otherVpc,
        egress: [{ ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' }],
      }),
      sealed: ec2.addSecurityGroup({ groupName: 'sealed', vpcId: otherVpc, egress: [] }),
      golden: {},
    };
    enis = ec2.addInstance({
      instanceId: server,
      vpcId,
      networkInterfaces: ['10.0.0.10', '10.0.0.11', '10.1.0.12'].map((privateIpAddress) => ({
        privateIpAddress,
        groupIds: [bench.web],
      })),
    });
    // The last one is of the other VPC, as an instance may have them.
    const [, , far = ''] = enis;
    const card = ec2.model.networkInterfaces.get(far);
    if (card !== undefined) ec2.model.networkInterfaces.set(far, { ...card, vpcId: otherVpc, groupIds: [web] });
    bench.action = bench.build({ [vpcId]: bench.groups, [otherVpc]: groups });
  });
  afterEach(async () => bench.lab.gateway.stop());

  const worn = () => enis.map((eni) => bench.groupsOf(eni));

  it('moves each of them into the quarantine of its own VPC, the throttled one too', async () => {
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'RequestLimitExceeded', { times: 3, part: enis[1] ?? '' });

    const changes = await bench.cut(bench.context());

    expect(worn()).toEqual([[bench.groups.quarantine], [bench.groups.quarantine], [groups.quarantine]]);
    expect((await bench.action.verify(changes, bench.context())).map(({ held }) => held)).toEqual([true, true, true]);
    expect(bench.operations().filter((name) => name.endsWith('Attribute'))).toHaveLength(6);
  });

  it('says which one stays open when it cannot be moved, and cuts the others', async () => {
    const [, refused = ''] = enis;
    bench.failWhen('ModifyNetworkInterfaceAttribute', 'UnauthorizedOperation', { part: refused });

    const changes = await bench.cut(bench.context());

    const seen = await bench.action.verify(changes, bench.context());
    expect(seen.filter(({ held }) => !held).map(({ target }) => target)).toEqual([refused]);
    expect(worn()).toEqual([[bench.groups.quarantine], [bench.web], [groups.quarantine]]);
  });

  it('puts each of them back, by the call that knows several interfaces', async () => {
    const changes = await bench.cut(bench.context());

    const undoings = await bench.action.undo(changes, new Map());

    expect(undoings.map(({ status }) => status)).toEqual(['undone', 'undone', 'undone']);
    expect(worn()).toEqual([[bench.web], [bench.web], [web]]);
    expect(bench.operations()).not.toContain('ModifyInstanceAttribute');
  });
});
