import type { Action, ActionContext, Change } from '../../lambdas/shared/actions/action.ts';
import type { QuarantineGroups } from '../../lambdas/shared/actions/revoke-security-groups/plan-cut.ts';
import { revokeSecurityGroups } from '../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import type { Cohort } from '../../lambdas/shared/contracts/incident.ts';
import { startEc2Lab, server, vpcId, type Ec2Lab } from '../lab/services/ec2/ec2-lab.ts';
import { buildCohort, buildIncident } from './action-request.ts';
import { buildPolicy } from './policy.ts';
import { letThrough } from './let-through.ts';

/** The network cut alone, on the lab's EC2: a group `web`, the groups of a cut, and a clock that sleeping moves. */
export class NetworkBench {
  readonly lab: Ec2Lab;
  readonly web: string;
  readonly groups: { readonly quarantine: string; readonly sealed: string; readonly golden: Record<string, string> };
  action: Action;
  clockMs = 0;

  private constructor(lab: Ec2Lab) {
    this.lab = lab;
    const { ec2 } = lab;
    this.web = ec2.addSecurityGroup({
      groupName: 'web',
      vpcId,
      ingress: [
        { ipProtocol: 'tcp', fromPort: 8080, cidrIpv4: '0.0.0.0/0', description: 'till', tags: { owner: 'shop' } },
        { ipProtocol: 'tcp', fromPort: 8080, cidrIpv6: '::/0' },
        { ipProtocol: 'tcp', fromPort: 22, cidrIpv4: '10.0.0.0/8' },
      ],
    });
    const agent = { ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' };
    this.groups = {
      quarantine: ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [agent] }),
      sealed: ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] }),
      golden: {},
    };
    this.action = this.build({ [vpcId]: this.groups });
  }

  static async start(): Promise<NetworkBench> {
    return new NetworkBench(await startEc2Lab());
  }

  build(quarantine: QuarantineGroups): Action {
    const sleep = async (pauseMs: number) => Promise.resolve((this.clockMs += pauseMs));
    return revokeSecurityGroups({ ec2: this.lab.client, quarantine, timing: { nowMs: () => this.clockMs, sleep } });
  }

  context(over: Partial<Cohort> = {}): ActionContext {
    const cohort = buildCohort({ servers: [server], securityGroupHints: [this.web], ...over });
    return { incident: buildIncident(), cohort, policy: buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] } }) };
  }

  async cut(context: ActionContext): Promise<readonly Change[]> {
    const { changes } = await this.action.plan(context);
    await this.action.apply(changes, context, letThrough);
    return changes;
  }

  groupsOf(eni: string): readonly string[] | undefined {
    return this.lab.ec2.model.networkInterfaces.get(eni)?.groupIds;
  }

  /** Names of the calls EC2 got, in order. */
  operations(): string[] {
    return this.lab.gateway.calls.map(({ operation }) => operation);
  }

  /** Lets calls of one operation fail; `part` narrows it to those that name something. */
  failWhen(operation: string, code: string, { times = Infinity, part = '' } = {}): void {
    let left = times;
    this.lab.gateway.setIntercept((call) => {
      if (call.operation !== operation || !JSON.stringify(call.input).includes(part) || left <= 0) return undefined;
      left -= 1;
      return { error: { code, message: 'injected', status: code === 'UnauthorizedOperation' ? 403 : 503 } };
    });
  }
}
