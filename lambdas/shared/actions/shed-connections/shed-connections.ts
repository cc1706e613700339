import * as z from 'zod/mini';
import { readMarks } from '../../policy/limit-schema.ts';
import type { PriorityClass } from '../../policy/policy-schema.ts';
import type { Action, ActionContext } from '../action.ts';
import { hostAction, type HostOrder, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { shedConnectionsFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import { digestOf, readRelease } from '../kill-connections/kill-connections.ts';
import { listGolden } from '../kill-connections/plan-kill.ts';
import { ShedVerdictSchema } from './verdicts.ts';

/** Five rounds, each with a second of measuring before and after it. */
const deadlineSeconds = 60;

export const shedConnectionsWork: HostWork = {
  facts: shedConnectionsFacts,
  platforms: ['Linux'],
  deadlineSeconds,
  order,
  see,
  undo: {
    parameters: ({ intended }, seen) => ({
      incident: z.parse(z.object({ incident: z.string() }), intended).incident,
      expectedDigest: digestOf(seen),
      deadlineSeconds: String(deadlineSeconds),
    }),
    read: readRelease,
  },
};

/** `document` sheds, `undoDocument` releases. */
export function shedConnections(tools: HostTools): Action {
  return hostAction(shedConnectionsWork, tools);
}

function order({ incident, cohort, policy }: ActionContext): HostOrder {
  const { priorityClasses, shedding } = policy;
  const { highMark, lowMark } = readMarks(shedding);
  if (priorityClasses.length < 2) {
    const reason = `The policy names ${priorityClasses.length} priority classes; the highest is never shed, so nothing can be`;
    return { kind: 'unable', reason };
  }
  return {
    kind: 'run',
    before: { table: 'none' },
    parameters: {
      incident: incident.id,
      classes: priorityClasses.flatMap(listClass).join(' '),
      golden: listGolden(policy, cohort.goldenChannels).join(' '),
      agent: policy.agentPath.cidrs.join(' '),
      load: shedding.load,
      highMark: String(highMark),
      lowMark: String(lowMark),
      maxRounds: String(shedding.maxRounds),
      maxPercentPerRound: String(shedding.maxPercentPerRound),
      ttlSeconds: String(shedding.blockMinutes * 60),
      deadlineSeconds: String(deadlineSeconds),
    },
  };
}

/** One token for each way to belong to the class; their order is the order of shedding. */
function listClass({ name, ports = [], peers = [], processes = [], cgroups = [] }: PriorityClass): string[] {
  return [
    ...ports.map((port) => `${name}@port:${port}`),
    ...peers.map((peer) => `${name}@peer:${peer}`),
    ...processes.map((process) => `${name}@process:${process}`),
    ...cgroups.map((cgroup) => `${name}@cgroup:${cgroup}`),
  ];
}

/** Held means: the load was read back under the mark, and no golden connection was lost on the way. */
function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(ShedVerdictSchema, output, incident);
  if (verdict === null) return null;
  const { ok, error, before, after, lowMark, cut, goldenLost, survivors, rounds } = verdict;
  const held = ok && error === '' && goldenLost === 0 && survivors === 0;
  const reason =
    error === '' ? `Load ${before} before, ${after} after ${rounds} rounds, mark ${lowMark}; ${cut} cut` : error;
  return { held, seen: verdict, reason, connectionsCut: cut };
}
