/**
 * Resource types the lab knows and deploys nothing for. Each could be left out of a stack without changing what the
 * lab shows; a type that is neither here nor deployed stops the deployment.
 */
export const inertTypes: ReadonlySet<string> = new Set([
  // Who may call whom: the lab lets everyone, and compares calls with the roles' policies afterwards.
  'AWS::Lambda::Permission',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::Events::EventBusPolicy',
  'AWS::Logs::ResourcePolicy',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  // Names for one and the same code: the lab runs what was deployed last.
  'AWS::Lambda::Version',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  // Encryption, logging, display.
  'AWS::KMS::Key',
  'AWS::KMS::Alias',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::CloudWatch::Dashboard',
  'AWS::CloudWatch::CompositeAlarm',
  // Ways out of the lab: it records what is published and sends no mail.
  'AWS::SNS::Subscription',
  // Read by nothing the lab has: GetParameter is refused there.
  'AWS::SSM::Parameter',
  'AWS::CDK::Metadata',
]);
