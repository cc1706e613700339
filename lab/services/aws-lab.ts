import { randomUUID } from 'node:crypto';
import { formatTimestamp } from '../asl/clock.ts';
import { TaskTokens, runMachine } from '../asl/interpreter.ts';
import type { LogLine } from '../lambda-runtime/function-environment.ts';
import { LambdaRuntime } from '../lambda-runtime/lambda-runtime.ts';
import { CloudFormationService } from './cloudformation-service.ts';
import { CloudWatchService } from './cloudwatch-service.ts';
import type { AlarmState } from './cloudwatch-service.ts';
import { DynamoDbService } from './dynamodb/dynamodb-service.ts';
import { Ec2Service } from './ec2/ec2-service.ts';
import type { FirewallListener } from './ec2/firewall.ts';
import type { Deliver } from './events/delivery.ts';
import type { BusEvent } from './events/event.ts';
import { EventsService } from './events/events-service.ts';
import { startGateway } from './gateway.ts';
import type { Gateway, Intercept } from './gateway.ts';
import { Links } from './links.ts';
import type { CallService } from './links.ts';
import { LabTime } from './lab-time.ts';
import { SnsService } from './messaging/sns-service.ts';
import { SqsService } from './messaging/sqs-service.ts';
import type { ProbeTarget } from './probe-target.ts';
import { createRouting } from './create-routing.ts';
import type { RoutingServices } from './create-routing.ts';
import type { RunCommand } from './ssm/invocation.ts';
import { SsmService } from './ssm/ssm-service.ts';
import type { Schedule } from './ssm/ssm-desk.ts';
import { toCommandEvent } from './ssm/command-event.ts';
import { toStatusEvent } from './step-functions/status-event.ts';
import { StepFunctionsService } from './step-functions/step-functions-service.ts';
import { createTaskHandlers } from './step-functions/task-handlers.ts';
import { ServiceError } from './wire/service-error.ts';

/** What the lab needs from outside: hosts to run scripts on and to put rules in force on. All else has a default. */
export interface AwsLabProps {
  /** Default: 123456789012. */
  readonly accountId?: string | undefined;
  /** Default: us-east-1. */
  readonly region?: string | undefined;
  /** Runs a script on a server of the lab. */
  readonly runCommand: RunCommand;
  /** Puts changed rules in force on a server of the lab. Default: nobody is told. */
  readonly onFirewallChange?: FirewallListener | undefined;
  /** Dials a server as a health check does. Default: nobody answers. */
  readonly probe?: ProbeTarget | undefined;
  /** Told after calls that may have changed where clients of a service are led. Default: nobody is. */
  readonly onRouteChange?: (() => Promise<void>) | undefined;
  /** Fault hook; can be replaced later through the gateway. Default: none. */
  readonly intercept?: Intercept | undefined;
  /** Whether EC2's documented token buckets are in force. Default: false. */
  readonly throttlesEc2?: boolean | undefined;
  /** The most things an EC2 Describe answers at once. Default: 1000. */
  readonly ec2PageLimit?: number | undefined;
  /** Interpreter of the Amazon States Language. Default: the lab's. */
  readonly runMachine?: typeof runMachine | undefined;
  /** Milliseconds before EventBridge tries a target again. Default: 1 s, doubling up to one minute. */
  readonly retryDelayMs?: ((attempt: number) => number) | undefined;
  /** Clock of Systems Manager's delivery time-outs. Default: real time. */
  readonly schedule?: Schedule | undefined;
  /**
   * Whether waits take no real time: retries of state machines, and backoffs and polls inside functions. The order of
   * things and all limits stay; the functions' clock runs ahead by what was skipped. Default: false.
   */
  readonly skipsWaits?: boolean | undefined;
  /** How often what functions slept counts for drains, propagations and fail-overs. Default: once. */
  readonly haste?: number | undefined;
  /** Most processes of one function at a time. Default: as many as requests. */
  readonly mostProcesses?: number | undefined;
  /** Told each line a function writes. Default: nobody. */
  readonly onLine?: ((line: LogLine) => void) | undefined;
}

/** A whole AWS on one local port, as empty as a new account. */
export interface AwsLab extends RoutingServices {
  readonly accountId: string;
  readonly region: string;
  readonly url: string;
  /** Variables that lead an unmodified SDK client or CLI here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly gateway: Gateway;
  readonly ec2: Ec2Service;
  readonly ssm: SsmService;
  readonly dynamodb: DynamoDbService;
  readonly events: EventsService;
  readonly stepFunctions: StepFunctionsService;
  readonly sqs: SqsService;
  readonly sns: SnsService;
  readonly cloudWatch: CloudWatchService;
  readonly cloudFormation: CloudFormationService;
  readonly lambda: LambdaRuntime;
  /** The lab's time, which is ahead of the machine's where waits are skipped. */
  now(): number;
  /** Sets an alarm's state and sends the event that follows from it. */
  setAlarmState(alarmName: string, value: AlarmState, reason: string): BusEvent;
  /** Resolves when nothing is under way: no delivery, no execution, no script. */
  whenIdle(): Promise<void>;
  /**
   * Lets time pass for everything at once: functions, executions that wait for an answer, and schedules, which fire when
   * they come due. Only where waits are skipped: else the functions' clock is the machine's.
   */
  skipTime(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the embedded AWS. */
export async function startAwsLab(props: AwsLabProps): Promise<AwsLab> {
  const { accountId = '123456789012', region = 'us-east-1' } = props;
  const links = new Links();
  const time = new LabTime(props.haste);
  const services = createServices(props, { accountId, region, links, time });
  const gateway = await startGateway(Object.values(services), props.intercept, time);
  const lambda = new LambdaRuntime({
    region,
    endpointUrl: gateway.url,
    onLine: props.onLine,
    skipsWaits: props.skipsWaits,
    mostProcesses: props.mostProcesses,
  });
  time.tie(() => lambda.skippedMs);
  links.tie(gateway, Object.values(services), lambda);
  services.sqs.setBaseUrl(gateway.url);
  return {
    accountId,
    region,
    url: gateway.url,
    environment: toClientEnvironment(gateway.url, region),
    gateway,
    ...services,
    lambda,
    now: () => time.now(),
    setAlarmState: (name, value, reason) =>
      services.events.emit(services.cloudWatch.setAlarmState(name, value, reason)),
    whenIdle: async () => await waitUntilIdle(services),
    skipTime: async (milliseconds) => await skipTime(services, lambda, milliseconds),
    stop: async () => {
      await services.stepFunctions.stop();
      await lambda.stop();
      await gateway.stop();
    },
  };
}

type Services = Pick<
  AwsLab,
  | 'ec2'
  | 'ssm'
  | 'dynamodb'
  | 'events'
  | 'stepFunctions'
  | 'sqs'
  | 'sns'
  | 'cloudWatch'
  | 'cloudFormation'
  | keyof RoutingServices
>;

interface Surroundings {
  readonly accountId: string;
  readonly region: string;
  readonly links: Links;
  readonly time: LabTime;
}

/**
 * Services know each other only through these links, so that every call between them is recorded and can be made to
 * fail.
 */
function createServices(props: AwsLabProps, surroundings: Surroundings): Services {
  const { accountId, region, links } = surroundings;
  const call: CallService = async (...request) => await links.call(...request);
  const invokeFunction: Links['invoke'] = async (...request) => await links.invoke(...request);
  const events: EventsService = new EventsService({
    accountId,
    region,
    retryDelayMs: props.retryDelayMs,
    deliverTo: {
      ...toDeliveries(call, invokeFunction),
      events: async ({ event, target }) => forward(events, event, target.arn),
    },
    sendToDeadLetters: async (queueArn, body, attributes) => void sqs.send(queueArn, body, attributes),
  });
  const sqs = new SqsService(accountId, region);
  const ec2 = new Ec2Service({
    accountId,
    region,
    onFirewallChange: props.onFirewallChange,
    onRouteChange: props.onRouteChange,
    throttles: props.throttlesEc2,
    pageLimit: props.ec2PageLimit,
  });
  return {
    ec2,
    ...createRouting({ ...props, accountId, region, ec2: ec2.model, now: () => surroundings.time.now() }),
    ssm: new SsmService({
      accountId,
      runCommand: props.runCommand,
      schedule: props.schedule,
      onSettled: (invocation) => void events.emit(toCommandEvent(invocation, accountId, region)),
    }),
    dynamodb: new DynamoDbService(accountId, region),
    events,
    stepFunctions: new StepFunctionsService({
      runMachine: startOnLabTime(props.runMachine ?? runMachine, surroundings),
      tokens: new TaskTokens(),
      handlers: createTaskHandlers({ invokeFunction, call }),
      skipsWaits: props.skipsWaits,
      onStatusChange: (execution) => void events.emit(toStatusEvent(execution)),
    }),
    sqs,
    sns: new SnsService(),
    cloudWatch: new CloudWatchService(),
    cloudFormation: new CloudFormationService(),
  };
}

/** Executions begin at the functions' time: by it windows, expiries and answers are counted. */
function startOnLabTime(run: typeof runMachine, { links, time }: Surroundings): typeof runMachine {
  return async (definition, input, options) => {
    const Execution = { ...options.context?.Execution, StartTime: formatTimestamp(Date.now() + links.skippedMs) };
    const clock = options.clock === undefined ? {} : { clock: time.watch(options.clock) };
    return await run(definition, input, { ...options, ...clock, context: { ...options.context, Execution } });
  };
}

/** How EventBridge reaches its targets. Executions it starts are named by the event and are never deduplicated. */
function toDeliveries(call: CallService, invoke: Links['invoke']): Readonly<Record<string, Deliver>> {
  return {
    states: async ({ event, rule, target, input }) => {
      const request = { stateMachineArn: target.arn, name: `${event.id}_${randomUUID()}`, input };
      await call('states', 'StartExecution', request, rule.arn);
    },
    sqs: async ({ rule, target, input }) => {
      await call('sqs', 'SendMessage', { QueueUrl: target.arn, MessageBody: input }, rule.arn);
    },
    sns: async ({ rule, target, input }) => {
      await call('sns', 'Publish', { TopicArn: target.arn, Message: input }, rule.arn);
    },
    lambda: async ({ rule, target, input }) => {
      const outcome = await invoke(target.arn, input, rule.arn);
      if (outcome.kind === 'failed') throw new ServiceError(outcome.error.errorType, outcome.error.errorMessage);
    },
  };
}

/** A bus as a target: the event keeps its id, source and account, as on AWS. */
function forward(events: EventsService, event: BusEvent, busArn: string): void {
  events.emit(event, busArn.replace(/^arn:.*:event-bus\//, ''));
}

function toClientEnvironment(url: string, region: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIALABOPERATOR',
    AWS_SECRET_ACCESS_KEY: 'lab',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** From one schedule to the next, so that each fires at its own time. */
async function skipTime(services: Services, lambda: LambdaRuntime, milliseconds: number): Promise<void> {
  const { events, stepFunctions } = services;
  await waitUntilIdle(services);
  for (let left = milliseconds; left > 0;) {
    const step = Math.min(left, events.untilNextScheduleMs ?? left);
    lambda.skipTime(step);
    await stepFunctions.skipTime(step);
    events.fireSchedules(step);
    await waitUntilIdle(services);
    left -= step;
  }
}

/** Work begets work: an execution ends with an event, which starts a delivery. Twice nothing to do is the end. */
async function waitUntilIdle({ events, stepFunctions, ssm }: Services): Promise<void> {
  let seen = -1;
  while (seen !== events.events.length) {
    seen = events.events.length;
    await events.whenIdle();
    await stepFunctions.whenIdle();
    await ssm.whenIdle();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
