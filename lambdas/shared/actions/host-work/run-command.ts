import {
  CancelCommandCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type CommandInvocation,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { codeOf, describeError, retryThrottled, type Timing } from '../../clients/aws-errors.ts';
import { chunk } from '../../map-concurrently.ts';
import { retryTransient } from '../retry-transient.ts';
import type { PinnedDocument } from './pin-document.ts';

/** What a host answered: its output, or why there is none. */
export type HostAnswer =
  | { readonly kind: 'output'; readonly output: string; readonly status: string }
  | { readonly kind: 'none'; readonly reason: string };

export interface CommandRequest {
  readonly document: PinnedDocument;
  readonly servers: readonly string[];
  /** Every value a String of the document. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly comment: string;
  /** The script's own deadline. */
  readonly scriptSeconds: number;
  /** Says why a host must not be asked any more, or null; before each try. Left out where hosts are read or put back. */
  readonly findObjection?: (server: string) => Promise<string | null>;
}

/** Instance ids one command takes. */
const serversPerCommand = 50;

/** How long a host may take to fetch the command: the least that Systems Manager allows. */
const deliverySeconds = 30;

/** For the answer's way back, over delivery and the script's own deadline. */
const wayBackSeconds = 5;
const pollMs = 300;

const finalStatuses = new Set(['Success', 'Failed', 'Cancelled', 'TimedOut']);

/**
 * Runs a document on servers named one by one (a tag that matches nothing would be a Success) and waits for every
 * host. A host without an answer in time is reported as such, never as done.
 */
export async function runCommand(
  ssm: SSMClient,
  timing: Timing,
  request: CommandRequest,
): Promise<Map<string, HostAnswer>> {
  const deadlineMs = timing.nowMs() + (deliverySeconds + request.scriptSeconds + wayBackSeconds) * 1000;
  const batches = chunk(request.servers, serversPerCommand);
  const answers = await Promise.all(
    batches.map(async (servers) => runBatch(ssm, timing, deadlineMs, { ...request, servers })),
  );
  return new Map(answers.flatMap((some) => [...some]));
}

async function runBatch(
  ssm: SSMClient,
  timing: Timing,
  deadlineMs: number,
  request: CommandRequest,
): Promise<Map<string, HostAnswer>> {
  const spared = new Map<string, HostAnswer>();
  const listAsked = () => request.servers.filter((server) => !spared.has(server));
  try {
    const commandId = await retryThrottled(timing, deadlineMs, async () => {
      await retryTransient(timing, deadlineMs, async () => spare(request, spared));
      return listAsked().length === 0 ? null : send(ssm, { ...request, servers: listAsked() });
    });
    const answers = commandId === null ? [] : await waitForHosts(ssm, timing, deadlineMs, commandId, listAsked());
    return new Map([...answers, ...spared]);
  } catch (error) {
    // One host that is gone fails the command for all: the others are asked without it.
    if (codeOf(error) === 'InvalidInstanceId' && listAsked().length > 1) {
      return new Map([...(await runHalves(ssm, timing, deadlineMs, { ...request, servers: listAsked() })), ...spared]);
    }
    // A failed batch must not take the others' answers along.
    const reason = `Command not run: ${describeError(error)}`;
    return new Map([...listAsked().map((server) => [server, { kind: 'none', reason }] as const), ...spared]);
  }
}

/** Notes who must not be asked; once spared, a host stays so. */
async function spare({ servers, findObjection }: CommandRequest, spared: Map<string, HostAnswer>): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      const reason = (await findObjection?.(server)) ?? null;
      if (reason !== null) spared.set(server, { kind: 'none', reason });
    }),
  );
}

/** Halves again and again leave every host that cannot be asked alone with its own reason. */
async function runHalves(
  ssm: SSMClient,
  timing: Timing,
  deadlineMs: number,
  request: CommandRequest,
): Promise<Map<string, HostAnswer>> {
  const halves = chunk(request.servers, Math.ceil(request.servers.length / 2));
  const answers = await Promise.all(
    halves.map(async (servers) => runBatch(ssm, timing, deadlineMs, { ...request, servers })),
  );
  return new Map(answers.flatMap((some) => [...some]));
}

/** Version and hash are those that were checked: what changed since is not run. */
async function send(ssm: SSMClient, { document, servers, parameters, comment }: CommandRequest): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: document.name,
      DocumentVersion: document.version,
      DocumentHash: document.hash,
      DocumentHashType: 'Sha256',
      InstanceIds: [...servers],
      Parameters: toLists(parameters),
      TimeoutSeconds: deliverySeconds,
      // Otherwise the first failing host would keep the command from the rest.
      MaxConcurrency: String(serversPerCommand),
      MaxErrors: '100%',
      Comment: comment.slice(0, 100),
    }),
  );
  if (Command?.CommandId === undefined) throw new TypeError('Systems Manager answered without a command id');
  return Command.CommandId;
}

/** Empty values are left to the document's defaults, which are empty: the service does not take empty ones gladly. */
function toLists(parameters: CommandRequest['parameters']): Record<string, string[]> {
  const given = Object.entries(parameters).filter(([, value]) => value !== '');
  return Object.fromEntries(given.map(([name, value]) => [name, [value]]));
}

async function waitForHosts(
  ssm: SSMClient,
  timing: Timing,
  deadlineMs: number,
  commandId: string,
  servers: readonly string[],
): Promise<Map<string, HostAnswer>> {
  for (;;) {
    const invocations = await retryTransient(timing, deadlineMs, async () => listInvocations(ssm, commandId));
    const done = invocations.filter(({ Status }) => finalStatuses.has(Status ?? ''));
    const isLate = timing.nowMs() + pollMs > deadlineMs;
    if (done.length >= servers.length || isLate) {
      if (done.length < servers.length) await cancel(ssm, commandId);
      return new Map(servers.map((server) => [server, toAnswer(server, invocations)]));
    }
    await timing.sleep(pollMs);
  }
}

/** With details: the hosts' output is in there, and a fleet costs one call a page, not one a host. */
async function listInvocations(ssm: SSMClient, commandId: string): Promise<CommandInvocation[]> {
  const found: CommandInvocation[] = [];
  let next: string | undefined;
  do {
    const input = { CommandId: commandId, Details: true, MaxResults: serversPerCommand };
    const page = await ssm.send(
      new ListCommandInvocationsCommand(next === undefined ? input : { ...input, NextToken: next }),
    );
    found.push(...(page.CommandInvocations ?? []));
    next = page.NextToken;
  } while (next !== undefined && next !== '');
  return found;
}

/** A command nobody waits for any more should not arrive late. Best effort, as the service says itself. */
async function cancel(ssm: SSMClient, commandId: string): Promise<void> {
  await ssm.send(new CancelCommandCommand({ CommandId: commandId })).catch(() => undefined);
}

/** The status only tells that the command ended; what it did is in the output. */
function toAnswer(server: string, invocations: readonly CommandInvocation[]): HostAnswer {
  const invocation = invocations.find(({ InstanceId }) => InstanceId === server);
  if (invocation === undefined) return { kind: 'none', reason: 'Host did not get the command' };
  const status = invocation.StatusDetails ?? invocation.Status ?? '';
  if (!finalStatuses.has(invocation.Status ?? ''))
    return { kind: 'none', reason: `Host did not answer in time: "${status}"` };
  const output = (invocation.CommandPlugins ?? []).map(({ Output }) => Output ?? '').join('\n');
  return { kind: 'output', output, status };
}
