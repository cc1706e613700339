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

/** The effective security-group rules of one server's network interface, after every change. */
export interface Firewall {
  readonly ingress: readonly FirewallRule[];
  readonly egress: readonly FirewallRule[];
}

/** Established TCP connections of one peer, counted on the server itself. */
export interface PeerCount {
  readonly peer: string;
  readonly golden: boolean;
  readonly established: number;
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
  /** Starts watching for the first block of non-golden peers: dials that fail and open connections that end. */
  watch(instanceId: string): Promise<void>;
  /** Unix time in milliseconds of the first block since `watch`, or undefined when there was none. */
  firstBlockedAt(instanceId: string): Promise<number | undefined>;
  /** How many connections of golden peers broke since `watch`. */
  goldenLost(instanceId: string): Promise<number>;
  /** Lets every peer dial again what it lost; returns the peers whose connections all echo. */
  reconnect(instanceId: string): Promise<readonly PeerCount[]>;
  /** What of a server is imitated: output that rests on it says so. */
  standIns(instanceId: string): StandIns;
  /** Reads services, tasks and the clock of a server. */
  readMachine(instanceId: string): Promise<MachineState>;
  /** Ends every process and namespace of the world. */
  stop(): Promise<void>;
}
