/**
 * Events of AWS that may reach the bus and carry no anomaly about a server's connections. Only these are ignored;
 * anything else that is not understood is refused, so that a new event type is seen and not skipped.
 */
const quietEvents: readonly { source: string; detailTypes: readonly string[]; reason: string }[] = [
  {
    source: 'aws.ssm',
    detailTypes: ['EC2 Command ', 'EC2 Automation ', 'EC2 State Manager ', 'Maintenance Window ', 'Parameter Store '],
    reason: 'A status of Systems Manager is no anomaly',
  },
  {
    source: 'aws.autoscaling',
    detailTypes: ['EC2 Instance', 'EC2 Auto Scaling '],
    reason: 'A scaling activity is no anomaly',
  },
  {
    source: 'aws.ec2',
    detailTypes: ['EC2 ', 'EBS '],
    reason: 'A change of state of an instance or volume is no anomaly',
  },
  { source: 'aws.health', detailTypes: ['AWS Health '], reason: 'A health notice of AWS asks for no cut' },
  { source: 'aws.states', detailTypes: ['Step Functions '], reason: 'A status of Step Functions is no anomaly' },
  { source: 'aws.events', detailTypes: ['Scheduled Event'], reason: 'A schedule carries no anomaly' },
  { source: 'aws.scheduler', detailTypes: ['Scheduled Event'], reason: 'A schedule carries no anomaly' },
  { source: 'aws.signin', detailTypes: ['AWS Console Sign'], reason: 'A console sign-in names no server' },
  {
    source: 'aws.guardduty',
    detailTypes: ['GuardDuty Malware Protection ', 'GuardDuty Runtime Protection '],
    reason: 'A status of GuardDuty itself is no finding',
  },
  {
    source: 'aws.cloudwatch',
    detailTypes: ['CloudWatch Alarm Configuration Change'],
    reason: 'A changed alarm configuration is no alarm',
  },
];

/** CloudTrail delivers under the source of the service that was called. */
const cloudTrailTypes = new Set([
  'AWS API Call via CloudTrail',
  'AWS Service Event via CloudTrail',
  'AWS Console Action via CloudTrail',
]);

/** Why this kind of event is ignored, or undefined when it is not a known quiet one. */
export function whyQuiet(source: string, detailType: string): string | undefined {
  if (source.startsWith('aws.') && cloudTrailTypes.has(detailType)) return 'A CloudTrail record names no server';
  return quietEvents.find(
    (entry) => entry.source === source && entry.detailTypes.some((prefix) => detailType.startsWith(prefix)),
  )?.reason;
}
