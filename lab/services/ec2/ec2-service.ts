import type { Firewall } from '../../hosts/host-world.ts';
import { runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { defineDescribes } from './describe.ts';
import { FirewallTeller, toFirewall } from './firewall.ts';
import type { FirewallListener } from './firewall.ts';
import { findInterface } from './find.ts';
import { Ec2Model } from './model.ts';
import { modifyNetworkInterfaceAttribute } from './modify-network-interface.ts';
import type { Ec2Desk } from './operation.ts';
import { defineRuleChanges } from './security-group-rules.ts';
import { createSecurityGroup, deleteSecurityGroup } from './security-groups.ts';
import { seedInstance, seedRule, seedSecurityGroup, seedVpc } from './seed.ts';
import type { InstanceSeed, RuleSeed, SecurityGroupSeed, VpcSeed } from './seed.ts';
import { createTags, deleteTags } from './tags.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Where the emulated EC2 lies, and how closely it keeps to AWS's limits. */
export interface Ec2ServiceProps {
  readonly accountId: string;
  readonly region: string;
  /** Told about every interface whose effective rules changed, before the change is answered. Default: nobody. */
  readonly onFirewallChange?: FirewallListener | undefined;
  /** Whether the documented token buckets are in force. Default: false. */
  readonly throttles?: boolean | undefined;
  /** The most things a Describe answers at once; small values show who forgets `NextToken`. Default: 1000. */
  readonly pageLimit?: number | undefined;
}

const codes: InputErrorCodes = { invalid: 'InvalidParameterValue', missing: 'MissingParameter' };

/** The EC2 of the lab: VPCs, instances, network interfaces, security groups and tags. */
export class Ec2Service implements AwsService {
  readonly name = 'ec2';
  readonly wire: Wire = { kind: 'ec2-query', scope: 'ec2', namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/' };
  readonly model: Ec2Model;
  readonly #teller: FirewallTeller;
  readonly #operations: Readonly<Record<string, Operation>>;
  readonly #buckets: TokenBuckets | undefined;

  constructor(props: Ec2ServiceProps) {
    this.model = new Ec2Model(props.accountId, props.region);
    this.#teller = new FirewallTeller(this.model, props.onFirewallChange);
    this.#buckets = props.throttles === true ? new TokenBuckets() : undefined;
    const desk: Ec2Desk = {
      model: this.model,
      pageLimit: props.pageLimit ?? 1000,
      tellChanges: async () => await this.#teller.tellChanges(),
    };
    this.#operations = {
      ...defineDescribes(desk),
      ...defineRuleChanges(desk),
      ModifyNetworkInterfaceAttribute: modifyNetworkInterfaceAttribute(desk),
      CreateSecurityGroup: createSecurityGroup(desk),
      DeleteSecurityGroup: deleteSecurityGroup(desk),
      CreateTags: createTags(desk),
      DeleteTags: deleteTags(desk),
    };
  }

  async run(operation: string, input: unknown, call: ServiceCall): Promise<unknown> {
    this.#buckets?.take(operation, input);
    return await runOperation('EC2', this.#operations, call, codes);
  }

  addVpc(seed: VpcSeed): void {
    seedVpc(this.model, seed);
  }

  /** Adds a group with its rules and returns its id. */
  addSecurityGroup(seed: SecurityGroupSeed): string {
    return seedSecurityGroup(this.model, seed);
  }

  addRule(groupId: string, rule: RuleSeed, direction: 'ingress' | 'egress'): string {
    return seedRule(this.model, groupId, rule, direction === 'egress');
  }

  /** Adds a running instance with its interfaces and returns the interface ids. */
  addInstance(seed: InstanceSeed): readonly string[] {
    return seedInstance(this.model, seed);
  }

  addPrefixList(prefixListId: string, cidrs: readonly string[]): void {
    this.model.prefixLists.set(prefixListId, cidrs);
  }

  /** The effective rules of one interface now. */
  firewallOf(networkInterfaceId: string): Firewall {
    return toFirewall(this.model, findInterface(this.model, networkInterfaceId));
  }

  /** Tells the listener what is in force now; call it once after seeding. */
  async tellFirewalls(): Promise<void> {
    await this.#teller.tellChanges();
  }
}
