import { TagStore } from '../tag-store.ts';

/** A fail-over that is under way. */
export interface FailOver {
  readonly endsAt: number;
  /** Runs once, when its time is over. */
  readonly finish: () => void;
}

/** A database instance; one of a cluster fails over with it only. */
export interface DbInstance {
  readonly id: string;
  readonly arn: string;
  readonly engine: string;
  readonly port: number;
  readonly multiAz: boolean;
  availabilityZone: string;
  secondaryAvailabilityZone: string | undefined;
  readonly clusterId: string | undefined;
  /** Private addresses by availability zone, which the endpoint's name leads to. */
  readonly addresses: Readonly<Record<string, string>>;
  failOver?: FailOver | undefined;
}

/** A cluster; its writer endpoint leads to the writer. */
export interface DbCluster {
  readonly id: string;
  readonly arn: string;
  readonly engine: string;
  readonly port: number;
  /** In the order of promotion; the writer is one of them. */
  readonly memberIds: readonly string[];
  writerId: string;
  failOver?: FailOver | undefined;
}

/** Typical times as documented, their upper end: Multi-AZ instance 60 to 120 s, Multi-AZ cluster 35 s, Aurora 60 s. */
export const failOverSeconds = { instance: 120, multiAzCluster: 35, aurora: 60 };

/** The whole state of the emulated RDS. */
export class RdsModel {
  readonly accountId: string;
  readonly region: string;
  readonly now: () => number;
  readonly instances = new Map<string, DbInstance>();
  readonly clusters = new Map<string, DbCluster>();
  readonly tags = new TagStore();

  constructor(accountId: string, region: string, now: () => number) {
    this.accountId = accountId;
    this.region = region;
    this.now = now;
  }

  /** Ends the fail-overs whose time is over. */
  settle(): void {
    for (const thing of [...this.instances.values(), ...this.clusters.values()]) {
      const { failOver } = thing;
      if (failOver === undefined || failOver.endsAt > this.now()) continue;
      thing.failOver = undefined;
      failOver.finish();
    }
  }
}
