import { join } from 'node:path';
import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acceptFindings, logWithoutOwnKey, roleInDependsOn } from './accept-findings.ts';
import { nameInFinding } from './action-grants.ts';

const definitionsPath = join(import.meta.dirname, '..', '..', 'statemachines');

export interface FuseWorkflowProps {
  /** Name of the definition in `statemachines/`, without `.asl.json`. */
  readonly definition: string;
  /** The functions it invokes: `Assess` stands behind the placeholder `${AssessFunctionArn}`. */
  readonly functions: Readonly<Record<string, IFunction>>;
  /** The machines it starts and waits for: `Isolate` stands behind `${IsolateStateMachineArn}`. Default: none. */
  readonly children?: Readonly<Record<string, FuseWorkflow>>;
  /** The machines it starts and leaves to themselves. Default: none. */
  readonly successors?: Readonly<Record<string, FuseWorkflow>>;
  /** How long its log is kept. */
  readonly retention: RetentionDays;
}

/**
 * A state machine as it lies on disk. Its role may invoke its own functions and nothing else, so the flowchart alone
 * can change nothing.
 */
export class FuseWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: FuseWorkflowProps) {
    super(scope, id);
    const { functions, children = {}, successors = {} } = props;
    const arns = [
      ...Object.entries(functions).map(([name, { functionArn }]) => [`${name}FunctionArn`, functionArn]),
      ...Object.entries({ ...children, ...successors }).map(([name, { stateMachine }]) => [
        `${name}StateMachineArn`,
        stateMachine.stateMachineArn,
      ]),
    ];
    const logGroup = new LogGroup(this, 'Log', { retention: props.retention });
    acceptFindings(logGroup, { checkov: logWithoutOwnKey });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromFile(join(definitionsPath, `${props.definition}.asl.json`)),
      definitionSubstitutions: Object.fromEntries(arns),
      // Standard: every step runs exactly once, and its history can be read for 90 days.
      stateMachineType: StateMachineType.STANDARD,
      tracingEnabled: true,
      logs: {
        destination: logGroup,
        level: LogLevel.ALL,
        // Events carry addresses and names of what is attacked; the audit table keeps them, encrypted.
        includeExecutionData: false,
      },
    });
    this.allowInvoking(Object.values(functions));
    this.allowStarting([...Object.values(children), ...Object.values(successors)]);
    this.allowAwaiting(Object.values(children));
    this.acknowledgeWildcards();
    acceptFindings(this.stateMachine, { 'cfn-lint': roleInDependsOn });
  }

  /** Executions that ended red, ran out of time or were stopped, by the minute. */
  metricsOfTrouble(): Readonly<Record<'Failed' | 'TimedOut' | 'Aborted', Metric>> {
    const options = { statistic: 'Sum', period: Duration.minutes(1) };
    return {
      Failed: this.stateMachine.metricFailed(options),
      TimedOut: this.stateMachine.metricTimedOut(options),
      Aborted: this.stateMachine.metricAborted(options),
    };
  }

  /** By hand: the L2 grant would add every version and alias, which no state calls. */
  private allowInvoking(functions: readonly IFunction[]): void {
    const resources = functions.map(({ functionArn }) => functionArn);
    this.stateMachine.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources }));
  }

  private allowStarting(machines: readonly FuseWorkflow[]): void {
    if (machines.length === 0) return;
    const resources = machines.map(({ stateMachine }) => stateMachine.stateMachineArn);
    this.stateMachine.addToRolePolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources }));
  }

  /** What Step Functions asks for where a machine waits for another: it looks, stops, and is told by a managed rule. */
  private allowAwaiting(machines: readonly FuseWorkflow[]): void {
    if (machines.length === 0) return;
    const stack = Stack.of(this);
    const executions = machines.map(({ stateMachine }) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stateMachine.stateMachineName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    const rule = stack.formatArn({
      service: 'events',
      resource: 'rule',
      resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
    });
    for (const statement of [
      { actions: ['states:DescribeExecution', 'states:StopExecution'], resources: executions },
      { actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], resources: [rule] },
    ]) {
      this.stateMachine.addToRolePolicy(new PolicyStatement(statement));
    }
    const reason = 'Executions are known by the machine they belong to; their own names are made when they start';
    for (const execution of executions) {
      const id = `AwsSolutions-IAM5[Resource::${nameInFinding(this, execution)}]`;
      Validations.of(this.stateMachine).acknowledge({ id, reason });
    }
  }

  private acknowledgeWildcards(): void {
    const reason = 'Log delivery and X-Ray know no resource to name; both are added by the CDK for logging and tracing';
    Validations.of(this.stateMachine).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
  }
}
