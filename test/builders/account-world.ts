import type { SecurityGroupRule } from '../../lab/services/ec2/model.ts';
import { assess } from '../../lambdas/assess/assess.ts';
import { findEntries } from '../../lambdas/restore/find-entries.ts';
import { undoEntry } from '../../lambdas/restore/undo-entry.ts';
import { channelTraffic } from '../../lambdas/shared/actions/revoke-security-groups/choose-groups.ts';
import { revokeSecurityGroups } from '../../lambdas/shared/actions/revoke-security-groups/revoke-security-groups.ts';
import type { Mode } from '../../lambdas/shared/clients/audit-table.ts';
import { describeServers } from '../../lambdas/shared/clients/describe-servers.ts';
import type { ActionOutcome } from '../../lambdas/shared/contracts/action.ts';
import type { Assessment, Cohort, Incident } from '../../lambdas/shared/contracts/incident.ts';
import type { UndoResult } from '../../lambdas/shared/contracts/restoring.ts';
import { readGuardFacts } from '../../lambdas/shared/guard/read-facts.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { runAction } from '../../lambdas/shared/run-action.ts';
import { startEc2Lab, type Ec2Lab } from '../lab/services/ec2/ec2-lab.ts';
import { fleet, groupNames, vpcIds, type Account, type AnyRule } from './any-account.ts';
import { buildAssessTools, buildDelivery } from './assess-tools.ts';
import { FakeTable } from './fake-table.ts';
import { buildException, buildPolicy } from './policy.ts';
import { fuseTags } from './server.ts';

/** The rules in force on every interface at one moment, by interface. */
export type Instant = ReadonlyMap<string, readonly SecurityGroupRule[]>;

/** A generated account in the lab's EC2, its policy and audit table, and every instant it went through. */
export class AccountWorld {
  readonly table = new FakeTable();
  readonly account: Account;
  readonly lab: Ec2Lab;
  readonly policy: Policy;
  /** The first one is how it all began; then one after each call of EC2 that changed something. */
  readonly instants: Instant[] = [];
  readonly serverOf = new Map<string, string>();
  /** Groups of a cut, by role; the channels' by their names. */
  readonly #cutGroups: Record<string, string> = {};
  /** Groups that servers share, by VPC and name. */
  readonly #shared = new Map<string, string>();
  #clockMs = Date.parse('2026-05-06T07:05:32.000Z');

  private constructor(lab: Ec2Lab, account: Account) {
    this.lab = lab;
    this.account = account;
    this.policy = policyOf(account);
    vpcIds.forEach((vpcId) => this.#addGroups(vpcId));
    fleet.forEach((server, index) => this.#addServer(server, index));
    this.#watch();
  }

  static async start(account: Account, mode: Mode = 'armed'): Promise<AccountWorld> {
    const world = new AccountWorld(await startEc2Lab(), account);
    await world.table.audit.writeMode(mode, { setBy: 'test', reason: 'test', at: 'now' });
    return world;
  }

  async assess(): Promise<Assessment> {
    const { start, room } = this.account;
    const take = async (_scope: unknown, servers: readonly string[]) =>
      Promise.resolve(new Set(servers.slice(0, room)));
    const tools = buildAssessTools({
      policy: this.policy,
      audit: this.table.audit,
      describeServers: async (ids) => describeServers(this.lab.client, ids),
      budget: { take, count: async () => undefined },
    });
    return assess(buildDelivery({ ...start }), tools);
  }

  /** Protects a server by a tag of its own or of its interfaces, after all began. */
  protect(server: string, by: 'server' | 'interface'): void {
    const { model } = this.lab.ec2;
    const targets = by === 'server' ? [server] : model.interfacesOf(server).map((one) => one.networkInterfaceId);
    for (const target of targets.slice(-1)) model.setTags(target, fuseTags({ lifeline: 'clearing' }));
  }

  /** Cuts a cohort by its network, whatever its answers say. */
  async cut(incident: Incident, cohort: Cohort): Promise<ActionOutcome> {
    const { audit } = this.table;
    return runAction(
      { action: 'revoke-security-groups', incident, cohort },
      {
        action: this.action(),
        audit,
        policy: this.policy,
        readFacts: async (servers) => readGuardFacts(this.lab.client, audit, servers),
        now: () => this.now(),
      },
    );
  }

  /** Undoes the incident as the restore state machine does, ten minutes later. */
  async restore(incidentId: string): Promise<UndoResult[]> {
    this.#clockMs += 1_200_000;
    const request = { incidentId, requestedBy: 'test', reason: 'test' };
    const { entries } = await findEntries(request, this.table.audit, this.now());
    const tools = { audit: this.table.audit, findAction: () => this.action(), now: () => this.now() };
    const results: UndoResult[] = [];
    for (const entry of entries) results.push(await undoEntry(entry, request, tools));
    return results;
  }

  action() {
    const { quarantine = '', sealed = '', ...golden } = this.#cutGroups;
    const timing = { nowMs: () => this.#clockMs, sleep: async () => Promise.resolve() };
    const [vpcId] = vpcIds;
    return revokeSecurityGroups({
      ec2: this.lab.client,
      quarantine: { [vpcId]: { quarantine, sealed, golden } },
      timing,
    });
  }

  now(): string {
    return new Date(this.#clockMs).toISOString();
  }

  /** Names of the calls that changed something in EC2. */
  changingCalls(): string[] {
    return this.lab.gateway.calls.map(({ operation }) => operation).filter((name) => !name.startsWith('Describe'));
  }

  /** What EC2 holds: groups by interface, and every rule with its tags but without its id, which undo cannot bring back. */
  snapshot(): unknown {
    const { model } = this.lab.ec2;
    const rules = [...model.securityGroups.values()].flatMap((group) =>
      [...group.rules.values()].map(({ ruleId, ...rule }) =>
        JSON.stringify({ ...rule, tags: Object.fromEntries(model.tagsOf(ruleId)) }),
      ),
    );
    const interfaces = [...model.networkInterfaces.values()].map((one) => [one.networkInterfaceId, [...one.groupIds]]);
    return { interfaces, rules: rules.sort() };
  }

  async stop(): Promise<void> {
    await this.lab.gateway.stop();
  }

  #addGroups(vpcId: string): void {
    const { ec2 } = this.lab;
    if (vpcId !== vpcIds[0]) ec2.addVpc({ vpcId, cidrBlock: '10.1.0.0/16' });
    groupNames.forEach((groupName, index) => {
      const groupId = ec2.addSecurityGroup({ groupName, vpcId, egress: [] });
      this.#shared.set(`${vpcId} ${groupName}`, groupId);
      for (const rule of this.account.rules[index] ?? []) ec2.addRule(groupId, toSeed(rule), directionOf(rule));
    });
    if (vpcId === vpcIds[0]) this.#addCutGroups(vpcId);
  }

  #addCutGroups(vpcId: string): void {
    const { ec2 } = this.lab;
    const agent = { ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '10.0.9.0/24' };
    const quarantine = ec2.addSecurityGroup({ groupName: 'quarantine', vpcId, egress: [agent] });
    const sealed = ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
    if (this.account.isTampered) ec2.addRule(quarantine, { ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' }, 'ingress');
    Object.assign(this.#cutGroups, { quarantine, sealed });
    for (const channel of this.policy.goldenChannels) {
      const groupId = ec2.addSecurityGroup({ groupName: channel.name, vpcId, egress: [] });
      this.#cutGroups[channel.name] = groupId;
      const direction = channel.direction === 'out' ? 'egress' : 'ingress';
      channel.peers.forEach((cidrIpv4, index) => {
        // Its ports are those of the action's own reading, which the tests of that hold against packets.
        const all = channelTraffic({ ...channel, peers: channel.peers.slice(index, index + 1) });
        for (const { fromPort, toPort } of all)
          ec2.addRule(groupId, { ...agent, fromPort, toPort, cidrIpv4 }, direction);
      });
    }
  }

  #addServer(instanceId: string, index: number): void {
    const server = this.account.servers[index];
    if (server === undefined) return;
    const { tags, protection, vpc, interfaces } = server;
    const vpcId = vpcIds[vpc] ?? vpcIds[0];
    const lifeline = fuseTags({ lifeline: 'clearing' });
    const added = this.lab.ec2.addInstance({
      instanceId,
      vpcId,
      tags: { ...fuseTags(tags), ...(protection === 'server' ? lifeline : {}) },
      networkInterfaces: interfaces.map((groups, card) => ({
        privateIpAddress: `10.${vpc}.${index}.1${card}`,
        groupIds: groups.map((name) => this.#shared.get(`${vpcId} ${name}`) ?? ''),
        tags: protection === 'interface' && card === interfaces.length - 1 ? lifeline : {},
      })),
    });
    for (const eni of added) this.serverOf.set(eni, instanceId);
  }

  /** Nothing happens in EC2 but by calls, one after the other: after each of them is an instant. */
  #watch(): void {
    const { ec2 } = this.lab;
    const run = ec2.run.bind(ec2);
    this.instants.push(this.#now());
    ec2.run = async (...call) => {
      const answer = await run(...call);
      this.#note(this.#now());
      return answer;
    };
  }

  /** Most calls only read: what they leave is no other instant. */
  #note(now: Instant): void {
    const [text, last] = [now, this.instants.at(-1)].map((instant) => JSON.stringify([...(instant ?? [])]));
    if (text !== last) this.instants.push(now);
  }

  #now(): Instant {
    const { networkInterfaces, securityGroups } = this.lab.ec2.model;
    return new Map(
      [...networkInterfaces.values()].map(({ networkInterfaceId, groupIds }) => [
        networkInterfaceId,
        groupIds.flatMap((id) => [...(securityGroups.get(id)?.rules.values() ?? [])]),
      ]),
    );
  }
}

function policyOf({ lifelines, goldenChannels, exceptions }: Account): Policy {
  return buildPolicy({
    agentPath: { cidrs: ['10.0.9.0/24'] },
    lifelines: lifelines.map((servers) => ({ name: 'kept', kind: 'clearing', servers })),
    goldenChannels: goldenChannels.map((channel, index) => ({ ...channel, name: `golden-${index}` })),
    exceptions: exceptions.map((exception, index) => buildException({ ...exception, name: `e${index}` })),
  });
}

function toSeed({ ipProtocol, fromPort, toPort, cidr, description, owner }: AnyRule) {
  const source = cidr.includes(':') ? { cidrIpv6: cidr } : { cidrIpv4: cidr };
  return { ipProtocol, fromPort, toPort, ...source, description, ...(owner === undefined ? {} : { tags: { owner } }) };
}

function directionOf({ isEgress }: AnyRule): 'ingress' | 'egress' {
  return isEgress ? 'egress' : 'ingress';
}
