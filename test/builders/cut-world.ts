import type { EC2Client } from '@aws-sdk/client-ec2';
import { undoEntry } from '../../lambdas/restore/undo-entry.ts';
import { findEntries } from '../../lambdas/restore/find-entries.ts';
import { revokeSecurityGroups } from '../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import type { ActionOutcome } from '../../lambdas/shared/contracts/action.ts';
import type { Cohort, Cut } from '../../lambdas/shared/contracts/incident.ts';
import type { RestoreRequest, UndoResult } from '../../lambdas/shared/contracts/restoring.ts';
import { readGuardFacts } from '../../lambdas/shared/guard/read-facts.ts';
import { runAction } from '../../lambdas/shared/run-action.ts';
import { startEc2Lab, vpcId, type Ec2Lab } from '../lab/services/ec2/ec2-lab.ts';
import { buildAssessment, buildCohort, buildIncident } from './action-request.ts';
import { FakeTable } from './fake-table.ts';
import { buildPolicy } from './policy.ts';

export const [alpha, beta] = ['i-0000000000000000a', 'i-0000000000000000b'] as const;

/** A process that dies at its n-th call, before or after the call takes effect; all calls count, whatever service. */
export interface Death {
  readonly atCall: number;
  readonly phase: 'before' | 'after';
}

/** Thrown by every call of a dead process. */
export class ProcessDiedError extends Error {
  override readonly name = 'ProcessDiedError';
}

/** Two servers in the lab's EC2, an audit table in memory, and a clock that only moves when told. */
export class CutWorld {
  readonly table = new FakeTable();
  readonly lab: Ec2Lab;
  readonly groups: Readonly<Record<'web' | 'quarantine' | 'sealed', string>>;
  clockMs = Date.parse('2026-05-06T07:05:32.000Z');
  calls = 0;
  /** Every call of the last run with its depth: 1 + the deepest call that had ended when it began. */
  trace: { name: string; depth: number }[] = [];
  #depthDone = 0;
  #death: Death | null = null;
  readonly #ec2: EC2Client;

  private constructor(lab: Ec2Lab, groups: CutWorld['groups']) {
    this.lab = lab;
    this.groups = groups;
    this.#ec2 = { send: this.#through(async (command) => lab.client.send(command as never)) } as unknown as EC2Client;
    const inMemory = this.table.client.send.bind(this.table.client);
    this.table.client.send = this.#through(async (command) => inMemory(command as never)) as never;
  }

  static async start(): Promise<CutWorld> {
    const lab = await startEc2Lab();
    const agent = { ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' };
    const ingress = [
      { ipProtocol: 'tcp', fromPort: 8080, cidrIpv4: '0.0.0.0/0', description: 'till', tags: { owner: 'shop' } },
      { ipProtocol: 'tcp', fromPort: 8080, cidrIpv6: '::/0' },
      { ipProtocol: 'tcp', fromPort: 22, cidrIpv4: '10.0.0.0/8' },
    ];
    const web = lab.ec2.addSecurityGroup({ groupName: 'web', vpcId, ingress });
    const quarantine = lab.ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [agent] });
    const sealed = lab.ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
    [alpha, beta].forEach((instanceId, index) => {
      const networkInterfaces = [{ privateIpAddress: `10.0.0.1${index}`, groupIds: [web] }];
      lab.ec2.addInstance({ instanceId, vpcId, networkInterfaces });
    });
    const world = new CutWorld(lab, { web, quarantine, sealed });
    await world.table.audit.writeMode('armed', { setBy: 'test', reason: 'test', at: 'now' });
    return world;
  }

  /** Cuts the cohort's servers as one incident; `death` ends the process midway. */
  async cut(name: string, over: Partial<Cohort> = {}, death: Death | null = null): Promise<ActionOutcome> {
    const incident = buildIncident({ id: incidentIdOf(name), executionId: name });
    const cohort = buildCohort({ servers: [alpha, beta], securityGroupHints: [this.groups.web], ...over });
    const { audit } = this.table;
    await audit.openIncident({
      incident,
      assessment: buildAssessment({ incident, cohorts: [cohort] }),
      now: this.now(),
    });
    [this.calls, this.trace, this.#depthDone, this.#death] = [0, [], 0, death];
    try {
      return await runAction(
        { action: 'revoke-security-groups', incident, cohort },
        {
          action: this.#action(),
          audit,
          policy: buildPolicy({ agentPath: { cidrs: ['10.0.9.0/24'] } }),
          readFacts: async (servers) => readGuardFacts(this.#ec2, audit, servers),
          now: () => this.now(),
        },
      );
    } finally {
      this.#death = null;
      this.clockMs += 1000;
    }
  }

  /** Finds and undoes as the restore state machine does, ten minutes later. */
  async restore(over: Partial<RestoreRequest>, death: Death | null = null): Promise<UndoResult[]> {
    this.clockMs += 1_200_000;
    const request = { requestedBy: 'test', reason: 'test', ...over };
    const { entries } = await findEntries(request, this.table.audit, new Date().toISOString());
    [this.calls, this.#death] = [0, death];
    const results: UndoResult[] = [];
    try {
      for (const entry of entries) {
        const tools = { audit: this.table.audit, findAction: () => this.#action(), now: () => this.now() };
        results.push(await undoEntry(entry, request, tools));
      }
    } finally {
      this.#death = null;
    }
    return results;
  }

  /** What EC2 holds: groups by interface, and every rule without its id, which undo cannot bring back. */
  snapshot(): { interfaces: unknown; rules: unknown } {
    const { networkInterfaces, securityGroups } = this.lab.ec2.model;
    const rules = [...securityGroups.values()].flatMap((group) =>
      [...group.rules.values()].map(({ ruleId, ...rule }) => JSON.stringify({ ...rule, tags: this.#tagsOf(ruleId) })),
    );
    return {
      interfaces: [...networkInterfaces.values()].map(({ networkInterfaceId, groupIds }) => [
        networkInterfaceId,
        [...groupIds],
      ]),
      rules: rules.sort(),
    };
  }

  groupsOf(server: string): readonly string[] {
    const cards = [...this.lab.ec2.model.networkInterfaces.values()];
    return cards.find(({ attachment }) => attachment?.instanceId === server)?.groupIds ?? [];
  }

  now(): string {
    return new Date(this.clockMs).toISOString();
  }

  #tagsOf(ruleId: string): unknown {
    return Object.fromEntries(this.lab.ec2.model.tagsOf(ruleId));
  }

  #action() {
    const { quarantine, sealed } = this.groups;
    const timing = { nowMs: () => this.clockMs, sleep: async () => Promise.resolve() };
    return revokeSecurityGroups({
      ec2: this.#ec2,
      quarantine: { [vpcId]: { quarantine, sealed, golden: {} } },
      timing,
    });
  }

  /** Lets a client's calls be counted, traced and ended by death. */
  #through(send: (command: Command) => Promise<unknown>): (command: Command) => Promise<unknown> {
    return async (command) => this.#call(command, async () => send(command));
  }

  async #call<Answer>(command: Command, run: () => Promise<Answer>): Promise<Answer> {
    this.calls += 1;
    const depth = this.#depthDone + 1;
    this.trace.push({ name: command.constructor.name.replace('Command', ''), depth });
    const answer = await this.#liveOrDie(run);
    this.#depthDone = Math.max(this.#depthDone, depth);
    return answer;
  }

  async #liveOrDie<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    const [death, number] = [this.#death, this.calls];
    if (death === null || number < death.atCall) return run();
    if (number > death.atCall || death.phase === 'before') throw new ProcessDiedError();
    await run();
    throw new ProcessDiedError();
  }
}

interface Command {
  readonly constructor: { readonly name: string };
}

export function incidentIdOf(name: string): string {
  return `inc-${Buffer.from(name).toString('hex').padEnd(20, '0').slice(0, 20)}`;
}

/** One port instead of the whole server. */
export const portCut: Cut = { scope: 'ports', ports: [8080] };
