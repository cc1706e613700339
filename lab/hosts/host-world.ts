import type { MachineSpec, MachineState, StandIns } from './machine.ts';

/** Who logs in over each connection of a peer, where the dialled port is a database's. */
export interface SessionSpec {
  readonly user: string;
  /** Default: none. */
  readonly application?: string;
  /** True for a standby that copies the database. Default: false. */
  readonly isReplication?: boolean;
  /** True when each session holds a transaction open that has written something. Default: false. */
  readonly inTransaction?: boolean;
}

/** One remote party of a lab server: a group of client sockets that share an address. */
export interface PeerSpec {
  /** Word for output, for example `customers`, `attacker`, `golden:dispatch`. */
  readonly name: string;
  /** IPv4 address of the peer inside the lab; IPv6 where the server has an `ipv6Address`. */
  readonly address: string;
  /** How many established TCP connections it holds. */
  readonly connections: number;
  /** `in`: the peer dials the server's `port`; `out`: the server dials the peer's `port`. */
  readonly direction: 'in' | 'out';
  /** The dialled TCP port. */
  readonly port: number;
  /** True when the policy calls this link a golden channel: it must live on. */
  readonly golden: boolean;
  /** True for clients that dial again at once, and again, whenever a connection breaks. Default: false. */
  readonly redials?: boolean;
  /** True for a peer that is gone while the server still holds its connections: they never echo. Default: false. */
  readonly zombie?: boolean;
  /** Default: none, the connection carries no database session. */
  readonly session?: SessionSpec;
}

/** A server of the lab, before anything happens to it. */
export interface ServerSpec {
  readonly instanceId: string;
  readonly privateAddress: string;
  /** Default: none, the server speaks IPv4 only. */
  readonly ipv6Address?: string;
  /** False for listeners on 0.0.0.0; else they listen on :: and hold v4-mapped sockets. Default: true. */
  readonly dualStack?: boolean;
  readonly peers: readonly PeerSpec[];
  /** Default: a Linux server of which nothing but its connections is known. */
  readonly machine?: MachineSpec;
  /** True where a real server is not worth its while: one of a large fleet. Default: false. */
  readonly simulated?: boolean;
}

/** A security-group rule resolved to addresses: what the fabric lets in or out. */
export interface FirewallRule {
  /** `tcp`, `udp`, `icmp` or `-1` for all. */
  readonly protocol: string;
  /** Inclusive port range; -1 for all ports. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidr: string;
}

/** An entry of a network ACL: the first one that matches decides. */
export interface SubnetRule extends FirewallRule {
  readonly allows: boolean;
}

/**
 * The network ACL at the edge of a server's subnet. It is stateless: answers are judged like questions, and so are
 * packets of connections that stand. Traffic inside the subnet never meets it.
 */
export interface SubnetRules {
  readonly cidr: string;
  readonly ingress: readonly SubnetRule[];
  readonly egress: readonly SubnetRule[];
}

/** The effective security-group rules of one server's network interface, after every change. */
export interface Firewall {
  readonly ingress: readonly FirewallRule[];
  readonly egress: readonly FirewallRule[];
  /** Default: the subnet's ACL lets everything through. */
  readonly subnet?: SubnetRules | undefined;
}

/** Established TCP connections of one peer, counted on the server itself. */
export interface PeerCount {
  readonly peer: string;
  readonly golden: boolean;
  readonly established: number;
}

/**
 * What stands between the clients of a service and its servers. `forwarder`: a load balancer with an address of its own
 * that dials the server; `address`: one address that moves from server to server, and whose connections break with the
 * move; `resolver`: a name, looked up by each client whenever it dials.
 */
export interface FrontSpec {
  readonly name: string;
  readonly kind: 'forwarder' | 'address' | 'resolver';
  /** The address clients dial; of a `resolver` nobody dials it. */
  readonly address: string;
  readonly port: number;
  readonly clientAddress: string;
  /** How many connections the clients hold; they dial again whenever one breaks. */
  readonly clients: number;
  /** The servers behind it, whichever of them is dialled. */
  readonly instanceIds: readonly string[];
}

/** Where new connections of a front go, with their share. */
export interface FrontTarget {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** Client connections of a front that are established on each server behind it, counted there. */
export type FrontCount = Readonly<Record<string, number>>;

/** Where a health check dials, and from where. */
export interface ProbeOrder {
  readonly from: string;
  readonly address: string;
  readonly port: number;
}

/** How a command ended on a host, as the agent would see it. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** What the agent is asked to run: the joined script and the environment the document's parameters became. */
export interface HostCommand {
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/**
 * The servers of the lab. `real`: network namespaces, kernel sockets, nftables. `simulated`: a model in memory for
 * machines that cannot do that; every line of output that rests on it says so.
 */
export interface HostWorld {
  readonly kind: 'real' | 'simulated';
  /** Creates the server and its peers, and returns when every connection is established and echoes, zombies aside. */
  createServer(spec: ServerSpec): Promise<void>;
  /** Puts the security-group rules in force the way AWS does: tracked flows live on, new flows are judged. */
  applyFirewall(instanceId: string, firewall: Firewall): Promise<void>;
  /** Runs a document's script on the server as root, as the agent would. */
  runCommand(instanceId: string, command: HostCommand): Promise<CommandResult>;
  /** Counts established sockets per peer on the server. */
  count(instanceId: string): Promise<readonly PeerCount[]>;
  /**
   * Starts watching for the first block of non-golden peers: open connections that end, and dials that fail. Each dial
   * is one connection more for a moment; whoever counts connections is spared those by peers that are not named.
   */
  watch(instanceId: string, dialling?: readonly string[]): Promise<void>;
  /** Unix time in milliseconds of the first block since `watch`, or undefined when there was none. */
  firstBlockedAt(instanceId: string): Promise<number | undefined>;
  /** How many connections of golden peers broke since `watch`. */
  goldenLost(instanceId: string): Promise<number>;
  /** Lets every peer dial again what it lost; returns the peers whose connections all echo. */
  reconnect(instanceId: string): Promise<readonly PeerCount[]>;
  /** Raises a front and its clients; until `routeFront` they reach nobody. */
  openFront(spec: FrontSpec): Promise<void>;
  /** Leads new connections of a front to these targets; those that stand stay, unless the front's address moved. */
  routeFront(name: string, targets: readonly FrontTarget[]): Promise<void>;
  /** Counts the clients of a front on each of its servers. */
  countFront(name: string): Promise<FrontCount>;
  /** Lets every client of a front hang up and dial again. */
  redialFront(name: string): Promise<void>;
  /** Lets a server's port answer new connections, or refuse them as a dead service does. */
  setListening(instanceId: string, port: number, listens: boolean): Promise<void>;
  /** Dials a server as a health check does; its rules judge the check like any other connection. */
  probe(order: ProbeOrder): Promise<boolean>;
  /** What of a server is imitated: output that rests on it says so. */
  standIns(instanceId: string): StandIns;
  /** Reads services, tasks and the clock of a server. */
  readMachine(instanceId: string): Promise<MachineState>;
  /** Ends every process and namespace of the world. */
  stop(): Promise<void>;
}
