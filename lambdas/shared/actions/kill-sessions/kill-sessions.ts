import type { Action, ActionContext } from '../action.ts';
import { hostAction, type HostOrder, type HostSight, type HostTools, type HostWork } from '../host-work/host-action.ts';
import { killSessionsFacts } from './facts.ts';
import { readVerdict } from '../host-work/read-verdict.ts';
import { KillSessionsVerdictSchema } from './verdicts.ts';

const deadlineSeconds = 30;

export const killSessionsWork: HostWork = {
  facts: killSessionsFacts,
  platforms: ['Linux'],
  deadlineSeconds,
  order,
  see,
  undo: { irreversible: 'An ended session cannot come back; its client may open a new one' },
};

export function killSessions(tools: HostTools): Action {
  return hostAction(killSessionsWork, tools);
}

/** The clients that the signal names narrow what the policy allows; without either nothing is matched. */
function order({ incident, cohort, policy }: ActionContext): HostOrder {
  const { engine, connection, users, applications, minAgeSeconds } = policy.profiles.logistics;
  const clients = cohort.cut.scope === 'peers' ? cohort.cut.peers : [];
  if (users.length + applications.length + clients.length === 0) {
    const reason = 'Neither the policy nor the signal names users, applications or clients whose sessions may be ended';
    return { kind: 'unable', reason };
  }
  const golden = policy.goldenChannels.filter(({ name }) => cohort.goldenChannels.includes(name));
  if (engine === 'oracle' && golden.length + clients.length > 0) {
    const reason =
      'Oracle tells no client address, so neither golden channels nor clients can be told apart: end them by hand';
    return { kind: 'unable', reason };
  }
  return {
    kind: 'run',
    before: { sessions: 'listed on the host before the first is ended', connection },
    parameters: {
      incident: incident.id,
      engine,
      connection,
      users: users.join(' '),
      clients: clients.join(' '),
      applications: applications.join(' '),
      minAgeSeconds: String(minAgeSeconds),
      golden: [...new Set(golden.flatMap(({ peers }) => peers))].join(' '),
      mode: 'kill',
      deadlineSeconds: String(deadlineSeconds),
    },
  };
}

function see(output: string, incident: string): HostSight {
  const verdict = readVerdict(KillSessionsVerdictSchema, output, incident);
  if (verdict === null) return null;
  const { ok, error, matched, killed, survivors } = verdict;
  const held = ok && error === '' && survivors === 0;
  const reason = error === '' ? `${killed} of ${matched} sessions ended, ${survivors} survived` : error;
  return { held, seen: verdict, reason, connectionsCut: killed };
}
