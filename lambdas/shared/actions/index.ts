import type { ActionId } from '../contracts/action.ts';
import type { ActionFacts } from './action.ts';
import { failOverFacts } from './fail-over/facts.ts';
import { holdOpenFacts } from './hold-open/facts.ts';
import { holdTaskFacts } from './hold-task/facts.ts';
import { killConnectionsFacts } from './kill-connections/facts.ts';
import { killSessionsFacts } from './kill-sessions/facts.ts';
import { resyncClockFacts } from './resync-clock/facts.ts';
import { revokeSecurityGroupsFacts } from './revoke-security-groups/revoke-security-groups.ts';
import { shedConnectionsFacts } from './shed-connections/facts.ts';
import { stopServiceFacts } from './stop-service/facts.ts';

/** The actions that act by themselves; the others are handed to a person so far. */
export const actions: Partial<Readonly<Record<ActionId, ActionFacts>>> = {
  'revoke-security-groups': revokeSecurityGroupsFacts,
  'kill-connections': killConnectionsFacts,
  'stop-service': stopServiceFacts,
  'hold-task': holdTaskFacts,
  'kill-sessions': killSessionsFacts,
  'resync-clock': resyncClockFacts,
  'fail-over': failOverFacts,
  'shed-connections': shedConnectionsFacts,
  'hold-open': holdOpenFacts,
};
