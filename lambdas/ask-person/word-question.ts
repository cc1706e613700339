import type { Cohort } from '../shared/contracts/incident.ts';
import type { Severity } from '../shared/contracts/outcome-event.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';

/** A question in the words of the person who is asked. */
export interface Wording {
  readonly severity: Severity;
  /** One line: fits the subject of a mail. */
  readonly subject: string;
  readonly reason: string;
  /** What each answer means. */
  readonly meaning: string;
}

/** Servers that are named in a sentence; a fleet's would fill a page. */
const namedServers = 5;

/** Words a question: of a lifeline it is the bypass, of anything else the cut. Pure. */
export function wordQuestion(cohort: Cohort, reason: string, policy: Policy): Wording {
  if (!cohort.answers.lifeline) {
    return {
      severity: 'notice',
      subject: `Cut of ${nameServers(cohort)} waits for an answer`,
      reason,
      meaning: 'approve: it is cut; decline: it is left alone',
    };
  }
  return {
    severity: 'lifeline',
    subject: `LIFELINE: bypass of ${nameServers(cohort)} waits for an answer`,
    reason: `${reason}. Server ${nameServers(cohort)}. ${listSteps(cohort, policy).join('. ')}`,
    meaning: 'approve: you throw the switch by hand, the fuse touches nothing; decline: the link stays as it is',
  };
}

function nameServers({ servers }: Cohort): string {
  const more = servers.length > namedServers ? ` and ${servers.length - namedServers} more` : '';
  return `${servers.slice(0, namedServers).join(', ')}${more}`;
}

/** Where the switch is and what to do, in the policy's own words: they were written for this moment. */
function listSteps(cohort: Cohort, { lifelines }: Policy): string[] {
  const steps = lifelines.flatMap(({ name, kind, servers, bypass }) =>
    kind === 'life-support' && bypass !== undefined && mayConcern(servers, cohort) ? [`${name}: ${bypass}`] : [],
  );
  return steps.length > 0 ? steps : ['The policy does not say where the switch is: ask the ward for its plan'];
}

/** A tag cannot be told from here: then the person reads one entry too many rather than none. */
function mayConcern({ ids, service, profile }: Policy['lifelines'][number]['servers'], cohort: Cohort): boolean {
  return (
    (ids === undefined || ids.some((id) => cohort.servers.includes(id))) &&
    (service === undefined || service === cohort.service) &&
    (profile === undefined || profile === cohort.profile)
  );
}
