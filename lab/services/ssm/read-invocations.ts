import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { Invocation, StepOutcome } from './invocation.ts';
import type { SsmDesk } from './ssm-desk.ts';

/** How much of the output each call gives back, in characters. */
const stdoutLimit = 24_000;
const stderrLimit = 8_000;
const listedOutputLimit = 2_500;

const largestPage = 50;

/** The two calls that show what became of a command on a server. */
export function defineInvocationReads(desk: SsmDesk): Readonly<Record<string, Operation>> {
  return { GetCommandInvocation: getCommandInvocation(desk), ListCommandInvocations: listCommandInvocations(desk) };
}

function getCommandInvocation(desk: SsmDesk): Operation {
  const input = z.strictObject({ CommandId: z.string(), InstanceId: z.string(), PluginName: z.optional(z.string()) });
  return defineOperation(input, ({ CommandId, InstanceId, PluginName }) => {
    const invocation = desk.invocations.get(`${CommandId} ${InstanceId}`);
    if (invocation === undefined) {
      throw new ServiceError('InvocationDoesNotExist', `Command '${CommandId}' has no invocation on '${InstanceId}'`);
    }
    return viewInvocation(invocation, pickStep(invocation, PluginName));
  });
}

/** With more than one step the caller must name the one it means. */
function pickStep({ document, steps }: Invocation, name: string | undefined): StepOutcome | undefined {
  const { mainSteps } = document.content;
  if (name === undefined && mainSteps.length > 1) {
    throw new ServiceError(
      'InvalidPluginName',
      'The document has more than one step: PluginName must name one of them',
    );
  }
  if (name !== undefined && mainSteps.every((step) => step.name !== name)) {
    throw new ServiceError('InvalidPluginName', `The document has no step '${name}'`);
  }
  return steps.find((step) => step.name === (name ?? mainSteps[0]?.name));
}

function viewInvocation(invocation: Invocation, step: StepOutcome | undefined): unknown {
  const { commandId, instanceId, comment, document } = invocation;
  return {
    CommandId: commandId,
    InstanceId: instanceId,
    Comment: comment,
    DocumentName: document.name,
    DocumentVersion: '1',
    PluginName: step?.name ?? document.content.mainSteps[0]?.name,
    ResponseCode: step?.responseCode ?? -1,
    ExecutionStartDateTime: step?.startedAt?.toISOString() ?? '',
    ExecutionEndDateTime: step?.finishedAt?.toISOString() ?? '',
    Status: step?.status ?? invocation.status,
    StatusDetails: step?.statusDetails ?? invocation.statusDetails,
    StandardOutputContent: step?.stdout.slice(0, stdoutLimit) ?? '',
    StandardOutputUrl: '',
    StandardErrorContent: step?.stderr.slice(0, stderrLimit) ?? '',
    StandardErrorUrl: '',
  };
}

function listCommandInvocations(desk: SsmDesk): Operation {
  const input = z.strictObject({
    CommandId: z.optional(z.string()),
    InstanceId: z.optional(z.string()),
    Details: z.optional(z.boolean()),
    MaxResults: z.optional(z.int().check(z.gte(1), z.lte(largestPage))),
    NextToken: z.optional(z.string()),
  });
  return defineOperation(input, ({ CommandId, InstanceId, Details = false, MaxResults, NextToken }) => {
    const asked = [...desk.invocations.values()].filter(
      ({ commandId, instanceId }) =>
        commandId === (CommandId ?? commandId) && instanceId === (InstanceId ?? instanceId),
    );
    if (CommandId !== undefined && asked.length === 0 && InstanceId === undefined) {
      throw new ServiceError('InvalidCommandId', `Command '${CommandId}' does not exist`);
    }
    const start = NextToken === undefined ? 0 : Number(NextToken);
    const end = start + (MaxResults ?? largestPage);
    return {
      CommandInvocations: asked.slice(start, end).map((invocation) => viewListed(invocation, Details)),
      NextToken: end < asked.length ? String(end) : undefined,
    };
  });
}

function viewListed(invocation: Invocation, withDetails: boolean): unknown {
  return {
    CommandId: invocation.commandId,
    InstanceId: invocation.instanceId,
    Comment: invocation.comment,
    DocumentName: invocation.document.name,
    DocumentVersion: '1',
    RequestedDateTime: invocation.requestedAt.getTime() / 1000,
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    CommandPlugins: withDetails ? invocation.steps.map(viewPlugin) : [],
  };
}

/** Both streams share the listed output; what is over its length is lost here and only here. */
function viewPlugin(step: StepOutcome): unknown {
  const error = step.stderr === '' ? '' : `\n----------ERROR-------\n${step.stderr}`;
  return {
    Name: step.name,
    Status: step.status,
    StatusDetails: step.statusDetails,
    ResponseCode: step.responseCode,
    ResponseStartDateTime: step.startedAt && step.startedAt.getTime() / 1000,
    ResponseFinishDateTime: step.finishedAt && step.finishedAt.getTime() / 1000,
    Output: `${step.stdout}${error}`.slice(0, listedOutputLimit),
  };
}
