import type { CommandResult, HostCommand } from '../../hosts/host-world.ts';
import type { DocumentStep, StoredDocument } from './document.ts';
import { interpolate, toEnvironment } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';

/** How the agent of a server behaves: `lost` never answers, `undeliverable` cannot be reached at all. */
export type AgentState = 'online' | 'lost' | 'undeliverable';

/** A server that registered with Systems Manager. */
export interface ManagedInstance {
  readonly instanceId: string;
  readonly platformType: 'Linux' | 'Windows';
  readonly agentVersion: string;
  readonly ipAddress: string;
  agent: AgentState;
}

/** Statuses of the API that the lab reaches; the finer ones stand in `statusDetails`. */
export type InvocationStatus =
  | 'Pending'
  | 'InProgress'
  | 'Success'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelling'
  | 'Cancelled';

/** What one step of a document did on one server. */
export interface StepOutcome {
  readonly name: string;
  readonly status: InvocationStatus;
  readonly statusDetails: string;
  /** Exit code of the script; -1 when it never started. */
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
}

/** One command on one server. */
export interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly document: StoredDocument;
  readonly comment: string;
  readonly requestedAt: Date;
  /** True while a script runs on the server: from then on a cancellation comes too late to be sure. */
  isRunning: boolean;
  status: InvocationStatus;
  statusDetails: string;
  steps: readonly StepOutcome[];
}

/** Runs a script on a server of the lab, as the agent would. */
export type RunCommand = (instanceId: string, command: HostCommand) => Promise<CommandResult>;

/** Default of the plugins when a step names no `timeoutSeconds`. */
const defaultExecutionSeconds = 3600;

/** Runs a document's steps one after the other and stops at the first that fails, as the agent does. */
export async function runSteps(
  invocation: Invocation,
  instance: ManagedInstance,
  values: ParameterValues,
  runCommand: RunCommand,
): Promise<readonly StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  for (const step of invocation.document.content.mainSteps) {
    const outcome = await runStep(invocation, step, instance, values, runCommand);
    outcomes.push(outcome);
    if (outcome.status !== 'Success') break;
  }
  return outcomes;
}

/** Fills the parameters in and runs the script, unless the step is for another platform. */
async function runStep(
  { document }: Invocation,
  step: DocumentStep,
  instance: ManagedInstance,
  values: ParameterValues,
  runCommand: RunCommand,
): Promise<StepOutcome> {
  const startedAt = new Date();
  if (!fitsPlatform(step, instance)) {
    // A step for another platform is skipped and still a success: callers must look at the output.
    const stdout = `Step execution skipped due to unsupported plugin or precondition: ${step.name}`;
    return toOutcome(step, startedAt, { exitCode: 0, stdout, stderr: '', timedOut: false });
  }
  const { content } = document;
  const timeoutSeconds = Number(
    interpolate(content, values, String(step.inputs.timeoutSeconds ?? defaultExecutionSeconds)),
  );
  const script = step.inputs.runCommand.map((line) => interpolate(content, values, line)).join('\n');
  const command = { script, environment: toEnvironment(content, values), timeoutSeconds };
  return toOutcome(step, startedAt, await runCommand(instance.instanceId, command));
}

/** A plugin that does not fit is skipped with or without a precondition. */
function fitsPlatform(step: DocumentStep, instance: ManagedInstance): boolean {
  const wanted = step.precondition?.StringEquals[1] ?? instance.platformType;
  const pluginFits = (step.action === 'aws:runPowerShellScript') === (instance.platformType === 'Windows');
  return wanted === instance.platformType && pluginFits;
}

/** The exit code of the last command is the status; a time-out has none. */
function toOutcome(step: DocumentStep, startedAt: Date, result: CommandResult): StepOutcome {
  const { exitCode, stdout, timedOut } = result;
  const stderr = exitCode === 0 || timedOut ? result.stderr : addExitStatus(result.stderr, exitCode);
  const status = timedOut ? 'TimedOut' : exitCode === 0 ? 'Success' : 'Failed';
  const statusDetails = timedOut ? 'ExecutionTimedOut' : status;
  const responseCode = timedOut ? -1 : exitCode;
  return { name: step.name, status, statusDetails, responseCode, stdout, stderr, startedAt, finishedAt: new Date() };
}

/** The agent's own words end the error output of a script that failed. */
function addExitStatus(stderr: string, exitCode: number): string {
  const lead = stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n`;
  return `${lead}failed to run commands: exit status ${exitCode}`;
}

/** A step that was never started. */
export function toUnstartedStep(step: DocumentStep, status: InvocationStatus, statusDetails: string): StepOutcome {
  const nothing = { stdout: '', stderr: '', startedAt: undefined, finishedAt: undefined };
  return { name: step.name, status, statusDetails, responseCode: -1, ...nothing };
}
