import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { systemTiming, type Timing } from '../../clients/aws-errors.ts';
import { GuardRefusedError } from '../../errors.ts';
import type {
  Action,
  ActionContext,
  ActionFacts,
  ActionPlan,
  Ask,
  Change,
  Json,
  Observation,
  Undoing,
} from '../action.ts';
import { readManagedHosts } from './managed-hosts.ts';
import { pinDocument, type DocumentRef } from './pin-document.ts';
import { parametersFor, planHostWork, toPlatform, type Pinnings, type Platform } from './plan-host-work.ts';
import { runCommand, type HostAnswer } from './run-command.ts';
import { undoHostWork } from './undo-host-work.ts';

/** Values of a document's parameters; lists are separated by single blanks. */
export type HostParameters = Readonly<Record<string, string>>;

/** What is to be run on every server of a cohort, or why nothing is. */
export type HostOrder =
  | {
      readonly kind: 'run';
      readonly before: Json;
      readonly parameters: HostParameters;
      /** Default: as on Linux. */
      readonly windowsParameters?: HostParameters;
    }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'unable'; readonly reason: string };

/** A host's verdict in our words; null where it printed none that belongs to the incident. */
export type HostSight = Omit<Observation, 'target'> | null;

/** What differs from one kind of host work to the next. */
export interface HostWork {
  readonly facts: ActionFacts;
  /** Systems the document has a script for. */
  readonly platforms: readonly Platform[];
  /** True where a host that no command reaches is a person's to see to, and no failure. Default: it is one. */
  readonly leavesToPeople?: boolean;
  /** The script's own deadline, in seconds; the answer is waited for so long and no longer. */
  readonly deadlineSeconds: number;
  /** Decides what is run, with `incident` and `deadlineSeconds` among the parameters. Pure. */
  order(context: ActionContext): HostOrder;
  /** Judges by the verdict alone: neither the command's status nor its exit code proves anything. Pure. */
  see(output: string, incident: string): HostSight;
  /** Null where nothing can be put back, with the reason why. */
  readonly undo: HostUndo | { readonly irreversible: string };
}

/** How a host is asked to put back what was changed. */
export interface HostUndo {
  /** Hosts whose parameters are the same share a command. `seen` is the recorded verdict, if there is one. */
  parameters(change: Change, seen: Json | undefined): HostParameters;
  /** Null where the host printed no verdict of the incident. `seen` as above. */
  read(output: string, incident: string, seen: Json | undefined): Omit<Undoing, 'target'> | null;
}

export interface HostTools {
  readonly ssm: SSMClient;
  /** Tells undo which hosts are gone for good, and plan the tags where it asks. Left out where neither is wanted. */
  readonly ec2?: EC2Client;
  /** Left out where nothing is changed, or nothing is undone. */
  readonly document?: DocumentRef;
  /** Where Windows has a document of its own. Default: the same for both. */
  readonly windowsDocument?: DocumentRef;
  readonly undoDocument?: DocumentRef;
  readonly timing?: Timing;
}

/**
 * An action that runs one document on hosts. One object serves one run: apply starts the command and keeps the hosts'
 * answers, verify reads them.
 */
export function hostAction(work: HostWork, tools: HostTools): Action {
  const { ssm, timing = systemTiming } = tools;
  let answers = new Map<string, HostAnswer>();
  // Read and pinned once a run, by plan: what was checked is what runs.
  let pinnings: Pinnings = unchecked;
  let hosts: Awaited<ReturnType<typeof readManagedHosts>> = new Map();

  async function plan(context: ActionContext): Promise<ActionPlan> {
    const order = work.order(context);
    if (order.kind !== 'run') return planHostWork(work, context, order, unchecked, new Map());
    [pinnings, hosts] = await Promise.all([pinAll(tools), readManagedHosts(ssm, context.cohort.servers)]);
    return planHostWork(work, context, order, pinnings, hosts);
  }

  /** Hosts of one system share a command. */
  async function runOn(
    platform: Platform,
    changes: readonly Change[],
    context: ActionContext,
    ask: Ask,
  ): Promise<typeof answers> {
    const servers = changes.map(({ target }) => target);
    const pinning = pinnings[platform];
    const order = work.order(context);
    if (pinning.kind === 'altered' || order.kind !== 'run') {
      const reason = pinning.kind === 'altered' ? pinning.reason : 'Nothing is to be run any more';
      return new Map(servers.map((server) => [server, { kind: 'none', reason }]));
    }
    return runCommand(ssm, timing, {
      document: pinning.document,
      servers,
      findObjection: async (server) =>
        findObjection(
          ask,
          changes.filter(({ target }) => target === server),
        ),
      parameters: parametersFor(platform, order),
      comment: `connection-fuse ${context.incident.id} ${context.cohort.id}`,
      scriptSeconds: work.deadlineSeconds,
    });
  }

  async function apply(changes: readonly Change[], context: ActionContext, ask: Ask): Promise<[]> {
    const groups = Map.groupBy(changes, ({ target }) => toPlatform(hosts.get(target)?.PlatformType));
    const found = await Promise.all([...groups].map(async ([platform, group]) => runOn(platform, group, context, ask)));
    answers = new Map(found.flatMap((some) => [...some]));
    return [];
  }

  return {
    ...work.facts,
    plan,
    apply,
    verify: async (changes, { incident }) =>
      Promise.resolve(changes.map(({ target }) => observe(work, target, incident.id, answers.get(target)))),
    undo: async (changes, seen) => undoHostWork(work, { ...tools, timing }, changes, seen),
  };
}

/** The guard's word on a host; any other failure is no word, and is thrown. */
async function findObjection(ask: Ask, changes: readonly Change[]): Promise<string | null> {
  try {
    await Promise.all(changes.map(ask));
    return null;
  } catch (error) {
    if (error instanceof GuardRefusedError) return error.message;
    throw error;
  }
}

const unchecked: Pinnings = {
  Linux: { kind: 'altered', reason: 'The document was not checked' },
  Windows: { kind: 'altered', reason: 'The document was not checked' },
};

/** Both at once, whichever systems the hosts turn out to have: one wait less before the cut. */
async function pinAll({ ssm, document, windowsDocument }: HostTools): Promise<Pinnings> {
  if (document === undefined) {
    const nothing = { kind: 'altered', reason: 'This function knows no document to run' } as const;
    return { Linux: nothing, Windows: nothing };
  }
  const linux = pinDocument(ssm, document);
  const windows = windowsDocument === undefined ? linux : pinDocument(ssm, windowsDocument);
  const [Linux, Windows] = await Promise.all([linux, windows]);
  return { Linux, Windows };
}

/** Turns a host's answer into what was seen; no answer is never a success. */
function observe(work: HostWork, target: string, incident: string, answer: HostAnswer | undefined): Observation {
  const nothing = { target, held: false, seen: null, connectionsCut: 0 };
  if (answer === undefined) return { ...nothing, reason: 'Host was not asked' };
  if (answer.kind === 'none') return { ...nothing, reason: answer.reason };
  const sight = work.see(answer.output, incident);
  if (sight === null) return { ...nothing, reason: `Host printed no verdict, its command ended "${answer.status}"` };
  return { target, ...sight };
}
