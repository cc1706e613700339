import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule, type EventPattern, type IEventBus } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Permission } from '../../lambdas/shared/actions/action.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { reviewDetailType, reviewSource } from '../../lambdas/shared/reviews/review-event.ts';
import type { WatchReviewsEnvironmentSchema } from '../../lambdas/watch-reviews/environment.ts';
import { grantPermissions } from './action-grants.ts';
import type { AuditTable } from './audit-table.ts';
import { denyCuttingLifelines, denyTagging } from './denials.ts';
import { FuseFunction, type SharedFunctionProps } from './fuse-function.ts';

export interface ReviewWatchProps {
  readonly auditTable: AuditTable;
  /** Reviews are opened and closed by events on it. */
  readonly bus: IEventBus;
  /** Locks. */
  readonly respond: IStateMachine;
  /** Unlocks. */
  readonly restore: IStateMachine;
  /** Takes the events that could not be delivered, or not be worked off. */
  readonly deadLetters: IQueue;
  readonly shared: SharedFunctionProps;
}

/** A server that came into scope unnoticed, or a lock that failed, waits this long at most. */
const watchEach = Duration.minutes(5);

/** The one place that knows compliance reviews (R3): a function that locks and unlocks by the machines, and what calls it. */
export class ReviewWatch extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: ReviewWatchProps) {
    super(scope, id);
    const made = new FuseFunction<typeof WatchReviewsEnvironmentSchema>(this, 'WatchReviews', {
      ...props.shared,
      stem: 'watch-reviews',
      description: 'looks after compliance reviews: locks and unlocks borders',
      // Shorter than the time after which a closed review may count as unlocked.
      timeout: Duration.minutes(4),
      environment: {
        FUSE_TABLE_NAME: props.auditTable.tableName,
        FUSE_ACCOUNT_ID: Stack.of(this).account,
        FUSE_RESPOND_ARN: props.respond.stateMachineArn,
        FUSE_RESTORE_ARN: props.restore.stateMachineArn,
      },
    });
    this.function = made.function;
    // EventBridge hands over and hears no more: what the function throws ends here, or nowhere.
    made.function.configureAsyncInvoke({
      // By hand: the L2 destination would let the function read the queue as well.
      onFailure: { bind: () => ({ destination: props.deadLetters.queueArn }) },
      maxEventAge: watchEach,
      retryAttempts: 2,
    });
    this.grant(made.role, props);
    this.addRules(props);
  }

  /** It starts the two machines and changes nothing itself: what they may do is their functions' business. */
  private grant(role: Role, { auditTable, respond, restore, deadLetters, shared }: ReviewWatchProps): void {
    denyCuttingLifelines(role);
    denyTagging(role, { mayTagNewRules: false });
    auditTable.denyRewriting(role);
    auditTable.grantQuery(role);
    auditTable.grantReadMode(role);
    auditTable.grantAppend(role, [auditKeys.reviews, auditKeys.review('*'), auditKeys.rejected('*')]);
    grantPermissions(role, watchPermissions(shared.policy));
    const resources = [respond.stateMachineArn, restore.stateMachineArn];
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources }));
    const letters = [deadLetters.queueArn];
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: letters }));
  }

  private addRules({ bus, deadLetters }: ReviewWatchProps): void {
    const target = new LambdaFunction(this.function, {
      deadLetterQueue: deadLetters,
      maxEventAge: watchEach,
      retryAttempts: 2,
    });
    new Rule(this, 'Schedule', {
      description: 'Looks after compliance reviews',
      schedule: Schedule.rate(watchEach),
      targets: [target],
    });
    const account = [Stack.of(this).account];
    for (const { id, description, pattern, eventBus } of rulesOf(bus)) {
      new Rule(this, id, {
        description,
        eventPattern: { ...pattern, account },
        targets: [target],
        ...(eventBus && { eventBus }),
      });
    }
  }
}

/** One rule for each way in. Only events of this account count. */
function rulesOf(bus: IEventBus): { id: string; description: string; pattern: EventPattern; eventBus?: IEventBus }[] {
  return [
    {
      id: 'ReviewEvents',
      description: 'Opens and closes compliance reviews',
      pattern: { source: [reviewSource], detailType: [reviewDetailType] },
      eventBus: bus,
    },
    {
      id: 'StartedServers',
      description: 'Servers that may have come into the scope of a compliance review',
      pattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: ['running'] },
      },
    },
    {
      id: 'Findings',
      description: 'Findings that may name addresses beyond the border of a compliance review',
      pattern: { source: ['aws.guardduty'], detailType: ['GuardDuty Finding'] },
    },
  ];
}

/** What the function reads besides the audit table. */
function watchPermissions({ borders }: Policy): Permission[] {
  const lists = [...new Set(borders.flatMap(({ prefixLists }) => prefixLists))];
  const reads: Permission = {
    actions: ['ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces'],
    resources: ['*'],
    reason: 'Servers come into the scope of a review by their tags; these calls know no resources in IAM',
  };
  if (lists.length === 0) return [reads];
  const entries: Permission = {
    actions: ['ec2:GetManagedPrefixListEntries'],
    resources: lists.map((list) => `arn:\${Partition}:ec2:\${Region}:*:prefix-list/${list}`),
    reason: "A prefix list of the policy may be this account's, one shared with it, or AWS's own",
  };
  return [reads, entries];
}
