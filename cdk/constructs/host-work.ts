import type { ActionFacts } from '../../lambdas/shared/actions/action.ts';
import { holdOpenFacts } from '../../lambdas/shared/actions/hold-open/facts.ts';
import { holdTaskFacts } from '../../lambdas/shared/actions/hold-task/facts.ts';
import { killConnectionsFacts } from '../../lambdas/shared/actions/kill-connections/facts.ts';
import { killSessionsFacts } from '../../lambdas/shared/actions/kill-sessions/facts.ts';
import { resyncClockFacts } from '../../lambdas/shared/actions/resync-clock/facts.ts';
import { shedConnectionsFacts } from '../../lambdas/shared/actions/shed-connections/facts.ts';
import { stopServiceFacts } from '../../lambdas/shared/actions/stop-service/facts.ts';
import type { DocumentId } from './host-documents.ts';

/** One function that runs one document on hosts, and the document by which restore undoes it. */
export interface HostWorkProps {
  readonly facts: ActionFacts;
  readonly description: string;
  readonly document: DocumentId;
  /** Where Windows has a document of its own. Default: the same for both. */
  readonly onWindows?: DocumentId;
  /** Left out where nothing can be undone. */
  readonly undo?: DocumentId;
  /** Delivery of a command may take 30 s, its script its deadline, and the answers have to come back. */
  readonly timeoutSeconds: number;
}

/** By the construct id of the function; a deadline of the script is in the action's own file. */
export const hostWork = {
  KillConnections: {
    facts: killConnectionsFacts,
    description: 'ends open connections on the hosts',
    document: 'KillConnections',
    onWindows: 'KillConnectionsOnWindows',
    undo: 'ReleaseConnections',
    timeoutSeconds: 80,
  },
  StopService: {
    facts: stopServiceFacts,
    description: 'stops the services of a profile',
    document: 'StopService',
    undo: 'StartService',
    timeoutSeconds: 85,
  },
  HoldTask: {
    facts: holdTaskFacts,
    description: 'keeps scheduled tasks from running',
    document: 'HoldTask',
    undo: 'ReleaseTask',
    timeoutSeconds: 85,
  },
  KillSessions: {
    facts: killSessionsFacts,
    description: 'ends database sessions inside the database',
    document: 'KillSessions',
    timeoutSeconds: 85,
  },
  ResyncClock: {
    facts: resyncClockFacts,
    description: 'puts clocks right',
    document: 'ResyncClock',
    timeoutSeconds: 145,
  },
  ShedConnections: {
    facts: shedConnectionsFacts,
    description: 'ends connections of overloaded servers by priority',
    document: 'ShedConnections',
    undo: 'ReleaseConnections',
    timeoutSeconds: 110,
  },
  HoldOpen: {
    facts: holdOpenFacts,
    description: 'keeps lifelines alive',
    document: 'HoldTime',
    undo: 'ReleaseTime',
    timeoutSeconds: 125,
  },
} as const satisfies Record<string, HostWorkProps>;

export type HostWorkId = keyof typeof hostWork;
export const hostWorkIds = Object.keys(hostWork) as HostWorkId[];
