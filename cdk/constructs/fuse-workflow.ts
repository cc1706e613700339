import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

const definitionsPath = join(import.meta.dirname, '..', '..', 'statemachines');

export interface FuseWorkflowProps {
  /** Name of the definition in `statemachines/`, without `.asl.json`. */
  readonly definition: string;
  /** The functions it invokes: `Assess` stands behind the placeholder `${AssessFunctionArn}`. */
  readonly functions: Readonly<Record<string, IFunction>>;
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
    const arns = Object.entries(props.functions).map(([name, { functionArn }]) => [`${name}FunctionArn`, functionArn]);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromFile(join(definitionsPath, `${props.definition}.asl.json`)),
      definitionSubstitutions: Object.fromEntries(arns),
      // Standard: every step runs exactly once, and its history can be read for 90 days.
      stateMachineType: StateMachineType.STANDARD,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Log', { retention: props.retention }),
        level: LogLevel.ALL,
        // Events carry addresses and names of what is attacked; the audit table keeps them, encrypted.
        includeExecutionData: false,
      },
    });
    this.allowInvoking(Object.values(props.functions));
    this.acknowledgeWildcards();
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

  private acknowledgeWildcards(): void {
    const reason = 'Log delivery and X-Ray know no resource to name; both are added by the CDK for logging and tracing';
    Validations.of(this.stateMachine).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
  }
}
