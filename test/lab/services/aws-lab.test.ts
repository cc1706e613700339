import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SSMClient, SendCommandCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startAwsLab } from '../../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../../lab/services/aws-lab.ts';
import { toClientConfig } from './client-config.ts';

const machineArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:respond';
const topicArn = 'arn:aws:sns:us-east-1:123456789012:people';
const toRuleArn = (name: string): string => `arn:aws:events:us-east-1:123456789012:rule/${name}`;

describe('the embedded AWS', () => {
  let lab: AwsLab;

  beforeEach(async () => {
    lab = await startAwsLab({
      runCommand: async () => await Promise.resolve({ exitCode: 0, stdout: '', stderr: '', timedOut: false }),
      retryDelayMs: () => 1,
    });
    lab.sqs.addQueue('dead');
    lab.sns.addTopic(topicArn);
  });
  afterEach(async () => await lab.stop());

  const callSqs = async (operation: string, input: object): Promise<Record<string, unknown>> => {
    const credential = 'AWS4-HMAC-SHA256 Credential=AKIALABTEST/20261123/us-east-1/sqs/aws4_request';
    const headers = { 'x-amz-target': `AmazonSQS.${operation}`, authorization: credential };
    const answer = await fetch(lab.url, { method: 'POST', headers, body: JSON.stringify(input) });
    return (await answer.json()) as Record<string, unknown>;
  };

  const addMachine = (): void =>
    lab.stepFunctions.addStateMachine({
      name: 'respond',
      arn: machineArn,
      roleArn: 'arn:role',
      definition: { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } },
    });

  it('starts a machine by an alarm and tells people when it has ended', async () => {
    addMachine();
    lab.cloudWatch.addAlarm({
      alarmName: 'cpu',
      alarmArn: 'arn:alarm',
      configuration: { MetricName: 'CPUUtilization' },
    });
    lab.events.addRule({
      name: 'alarms',
      arn: toRuleArn('alarms'),
      pattern: { source: ['aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } },
      targets: [{ id: 'T', arn: machineArn }],
    });
    lab.events.addRule({
      name: 'ends',
      arn: toRuleArn('ends'),
      pattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED'], stateMachineArn: [machineArn] } },
      targets: [{ id: 'T', arn: topicArn, inputPath: '$.detail.name' }],
    });

    const event = lab.setAlarmState('cpu', 'ALARM', 'too high');
    await lab.whenIdle();

    const [execution] = lab.stepFunctions.executions;
    expect(execution?.name.startsWith(`${event.id}_`)).toBe(true);
    expect(JSON.parse(execution?.input ?? '')).toMatchObject({
      detail: { alarmName: 'cpu', previousState: { value: 'INSUFFICIENT_DATA' } },
    });
    expect(lab.sns.notifications.map(({ message }) => message)).toEqual([JSON.stringify(execution?.name)]);
    expect(lab.gateway.calls.map(({ service, operation, caller }) => [service, operation, caller])).toEqual([
      ['states', 'StartExecution', toRuleArn('alarms')],
      ['sns', 'Publish', toRuleArn('ends')],
    ]);
  });

  it('gives the dead-letter queue what a throttled target did not take', async () => {
    addMachine();
    lab.gateway.setIntercept(({ operation }) =>
      operation === 'StartExecution'
        ? { error: { code: 'ThrottlingException', message: 'slow', status: 400 } }
        : undefined,
    );
    const deadLetterArn = 'arn:aws:sqs:us-east-1:123456789012:dead';
    lab.events.addRule({
      name: 'all',
      arn: toRuleArn('all'),
      pattern: { source: ['app'] },
      targets: [{ id: 'T', arn: machineArn, maximumRetryAttempts: 2, deadLetterArn }],
    });

    const event = lab.events.emit({ source: 'app', 'detail-type': 'x', detail: {} });
    await lab.whenIdle();

    expect(lab.sqs.messagesOf('dead').map(({ body }) => JSON.parse(body) as unknown)).toEqual([event]);
    expect(lab.gateway.calls).toHaveLength(3);
  });

  it('fires a schedule when time passes, with the constant input of its target', async () => {
    const patient = await startAwsLab({ runCommand: async () => await Promise.reject(new Error()), skipsWaits: true });
    onTestFinished(async () => await patient.stop());
    const telling = { Type: 'Succeed', Output: { at: '{% $states.context.Execution.StartTime %}' } };
    patient.stepFunctions.addStateMachine({
      name: 'respond',
      arn: machineArn,
      roleArn: 'arn:role',
      definition: { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: telling } },
    });
    patient.events.addRule({
      name: 'clock',
      arn: toRuleArn('clock'),
      scheduleExpression: 'rate(5 minutes)',
      targets: [{ id: 'T', arn: machineArn, input: '{"expired":true}' }],
    });

    await patient.skipTime(12 * 60_000);

    const starts = patient.stepFunctions.executions;
    expect(starts.map(({ input, status }) => ({ input, status }))).toEqual([
      { input: '{"expired":true}', status: 'SUCCEEDED' },
      { input: '{"expired":true}', status: 'SUCCEEDED' },
    ]);
    // Each began at the lab's time, not at the machine's.
    const [first = 0, second = 0] = starts.map(({ output }) =>
      Date.parse((JSON.parse(output ?? '') as { at: string }).at),
    );
    expect(second - first).toBeGreaterThanOrEqual(5 * 60_000);
  });

  it('skips no time where functions run on the real clock', async () => {
    await expect(lab.skipTime(1)).rejects.toThrow('Could not skip time');
  });

  it('forwards an event to another bus unchanged', async () => {
    lab.events.addBus('fuse');
    lab.events.addRule({
      name: 'forward',
      arn: toRuleArn('forward'),
      pattern: { source: ['app'] },
      targets: [{ id: 'T', arn: 'arn:aws:events:us-east-1:123456789012:event-bus/fuse' }],
    });

    const event = lab.events.emit({ source: 'app', 'detail-type': 'x', detail: {} });
    await lab.whenIdle();

    expect(lab.events.events).toEqual([
      { busName: 'default', event },
      { busName: 'fuse', event },
    ]);
  });

  it('sends an event when a command has ended on a server', async () => {
    const server = 'i-0000000000000000a';
    lab.ssm.addInstance({ instanceId: server });
    const step = { action: 'aws:runShellScript', name: 'a', inputs: { runCommand: ['true'] } };
    lab.ssm.addDocument('Fuse-A', { schemaVersion: '2.2', mainSteps: [step] });
    const client = new SSMClient(toClientConfig(lab));

    const { Command } = await client.send(new SendCommandCommand({ DocumentName: 'Fuse-A', InstanceIds: [server] }));
    await lab.whenIdle();

    expect(lab.events.events.map(({ event }) => event)).toMatchObject([
      { source: 'aws.ssm', detail: { 'command-id': Command?.CommandId, 'instance-id': server, status: 'Success' } },
    ]);
  });

  it('keeps messages until they are deleted, and hides the received ones', async () => {
    const queue = { QueueUrl: lab.sqs.urlOf('dead') };
    await callSqs('SendMessage', { ...queue, MessageBody: 'hello' });
    const received = await callSqs('ReceiveMessage', queue);
    const again = await callSqs('ReceiveMessage', queue);
    const counts = await callSqs('GetQueueAttributes', { ...queue, AttributeNames: ['All'] });
    const [message] = received.Messages as readonly { readonly Body: string; readonly ReceiptHandle: string }[];

    await callSqs('DeleteMessage', { ...queue, ReceiptHandle: message?.ReceiptHandle });

    expect([message?.Body, again.Messages]).toEqual(['hello', []]);
    expect(counts.Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
    expect(lab.sqs.messagesOf('dead')).toEqual([]);
  });

  it('refuses what its queues do not have', async () => {
    const absent = await callSqs('SendMessage', { QueueUrl: lab.sqs.urlOf('absent'), MessageBody: 'x' });
    const delayed = await callSqs('SendMessage', {
      QueueUrl: lab.sqs.urlOf('dead'),
      MessageBody: 'x',
      DelaySeconds: 5,
    });

    expect([absent, delayed]).toMatchObject([
      { __type: expect.stringContaining('QueueDoesNotExist') },
      { __type: 'UnsupportedOperation' },
    ]);
  });

  it('shows seeded alarms and takes metrics, but none in the name of AWS', async () => {
    const client = new CloudWatchClient(toClientConfig(lab));
    lab.cloudWatch.addAlarm({ alarmName: 'cpu', alarmArn: 'arn:alarm', state: 'OK', configuration: { Threshold: 90 } });
    await client.send(
      new PutMetricDataCommand({ Namespace: 'ConnectionFuse', MetricData: [{ MetricName: 'Cuts', Value: 1 }] }),
    );
    const foreign = client.send(
      new PutMetricDataCommand({ Namespace: 'AWS/EC2', MetricData: [{ MetricName: 'Cuts', Value: 1 }] }),
    );

    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['cpu', 'absent'] }));

    expect(MetricAlarms).toMatchObject([{ AlarmName: 'cpu', StateValue: 'OK', Threshold: 90 }]);
    expect(lab.cloudWatch.metrics).toEqual([{ namespace: 'ConnectionFuse', datum: { MetricName: 'Cuts', Value: 1 } }]);
    await expect(foreign).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('shows the outputs of a stack', async () => {
    const client = new CloudFormationClient(toClientConfig(lab));
    lab.cloudFormation.addStack({
      stackName: 'Fuse',
      stackId: 'arn:stack',
      outputs: [{ key: 'TableName', value: 'audit' }],
    });

    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'Fuse' }));

    expect(Stacks).toMatchObject([{ StackName: 'Fuse', Outputs: [{ OutputKey: 'TableName', OutputValue: 'audit' }] }]);
    await expect(client.send(new DescribeStacksCommand({ StackName: 'absent' }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id absent does not exist',
    });
  });
});
