import { TagStore } from '../tag-store.ts';

/** Life of an instance in its group, as far as the lab plays it. */
export type LifecycleState = 'InService' | 'EnteringStandby' | 'Standby' | 'Pending';

/** An instance of a group; what is under way ends at a known time. */
export interface GroupInstance {
  readonly instanceId: string;
  readonly availabilityZone: string;
  state: LifecycleState;
  /** When `EnteringStandby` or `Pending` is over. */
  settlesAt: number;
}

/** A scaling activity. */
export interface Activity {
  readonly id: string;
  readonly groupName: string;
  readonly instanceId: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** A group. */
export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly minSize: number;
  readonly maxSize: number;
  desired: number;
  readonly targetGroupArns: readonly string[];
  readonly instances: GroupInstance[];
  /** Servers that stand by in the lab: the group launches the first where it wants one more. */
  readonly spares: string[];
}

/** How a group's instances enter and leave the target groups; a LoadBalancing service is one. */
export interface TargetDesk {
  register(targetGroupArn: string, instanceId: string): void;
  /** Returns when the drain is over, in Unix time. */
  deregister(targetGroupArn: string, instanceId: string): number;
}

/** How long an instance that leaves standby is `Pending`; AWS documents no figure. */
export const pendingMs = 30_000;

/** The whole state of the emulated Auto Scaling. */
export class AutoScalingModel {
  readonly accountId: string;
  readonly region: string;
  readonly desk: TargetDesk;
  readonly now: () => number;
  readonly groups = new Map<string, Group>();
  readonly activities: Activity[] = [];
  readonly tags = new TagStore();

  constructor(accountId: string, region: string, desk: TargetDesk, now: () => number) {
    this.accountId = accountId;
    this.region = region;
    this.desk = desk;
    this.now = now;
  }

  /** Brings what has come due to its end, and returns the group. */
  settle(group: Group): Group {
    for (const instance of group.instances) {
      if (instance.settlesAt > this.now()) continue;
      if (instance.state === 'EnteringStandby') instance.state = 'Standby';
      if (instance.state === 'Pending') {
        instance.state = 'InService';
        for (const arn of group.targetGroupArns) this.desk.register(arn, instance.instanceId);
      }
    }
    return group;
  }
}
