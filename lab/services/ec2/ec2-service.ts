import type { Firewall } from '../../hosts/host-world.ts';
import { runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { defineAddresses } from './addresses.ts';
import { defineDescribes } from './describe.ts';
import { defineStatusReads } from './describe-status.ts';
import { FirewallTeller, toFirewall } from './firewall.ts';
import type { FirewallListener } from './firewall.ts';
import { findInterface } from './find.ts';
import { Ec2Model } from './model.ts';
import type { NetworkAclEntry } from './model.ts';
import { defineAclEntries } from './network-acl-entries.ts';
import { defineNetworkAcls } from './network-acls.ts';
import { modifyNetworkInterfaceAttribute } from './modify-network-interface.ts';
import type { Ec2Desk } from './operation.ts';
import { defineRuleChanges } from './security-group-rules.ts';
import { createSecurityGroup, deleteSecurityGroup } from './security-groups.ts';
import { seedInstance, seedRule, seedSecurityGroup, seedVpc } from './seed.ts';
import { seedElasticIp, seedNetworkAcl, seedNetworkAclEntry, seedSubnet } from './seed-subnets.ts';
import type { ElasticIpSeed, NetworkAclSeed, SubnetSeed } from './seed-subnets.ts';
import type { InstanceSeed, RuleSeed, SecurityGroupSeed, VpcSeed } from './seed.ts';
import { createTags, deleteTags } from './tags.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Where the emulated EC2 lies, and how closely it keeps to AWS's limits. */
export interface Ec2ServiceProps {
  readonly accountId: string;
  readonly region: string;
  /** Told about every interface whose effective rules changed, before the change is answered. Default: nobody. */
  readonly onFirewallChange?: FirewallListener | undefined;
  /** Told after every Elastic IP that may have moved. Default: nobody is. */
  readonly onRouteChange?: (() => Promise<void>) | undefined;
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
  readonly #onRouteChange: (() => Promise<void>) | undefined;

  constructor(props: Ec2ServiceProps) {
    this.model = new Ec2Model(props.accountId, props.region);
    this.#onRouteChange = props.onRouteChange;
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
      ...defineAddresses(desk),
      ...defineNetworkAcls(desk),
      ...defineAclEntries(desk),
      ...defineStatusReads(desk),
      ModifyNetworkInterfaceAttribute: modifyNetworkInterfaceAttribute(desk),
      CreateSecurityGroup: createSecurityGroup(desk),
      DeleteSecurityGroup: deleteSecurityGroup(desk),
      CreateTags: createTags(desk),
      DeleteTags: deleteTags(desk),
    };
  }

  async run(operation: string, input: unknown, call: ServiceCall): Promise<unknown> {
    this.#buckets?.take(operation, input);
    const answer = await runOperation('EC2', this.#operations, call, codes);
    if (/^(Dis)?[Aa]ssociateAddress$/.test(operation)) await this.#onRouteChange?.();
    return answer;
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

  addSubnet(seed: SubnetSeed): void {
    seedSubnet(this.model, seed);
  }

  /** Adds a network ACL and returns its id. */
  addNetworkAcl(seed: NetworkAclSeed): string {
    return seedNetworkAcl(this.model, seed);
  }

  addNetworkAclEntry(networkAclId: string, entry: NetworkAclEntry): void {
    seedNetworkAclEntry(this.model, networkAclId, entry);
  }

  addElasticIp(seed: ElasticIpSeed): void {
    seedElasticIp(this.model, seed);
  }

  /** Makes an instance's status checks fail, or pass again. */
  setImpaired(instanceId: string, isImpaired: boolean): void {
    if (isImpaired) this.model.impaired.add(instanceId);
    else this.model.impaired.delete(instanceId);
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
