import { describeServers } from '../../clients/describe-servers.ts';
import type { Remark } from '../../contracts/action.ts';
import { goneStates } from '../../guard/judge.ts';
import type { Action, ActionContext, ActionPlan, Ask, Change, Observation } from '../action.ts';
import { hostAction, type HostTools } from '../host-work/host-action.ts';
import { advisePerson } from './advise-person.ts';
import { chooseTime } from './choose-time.ts';
import { holdOpenFacts } from './facts.ts';
import { holdWork } from './hold-work.ts';
import { remarkBackups } from './remark-backups.ts';

/** The servers of one clock, with the work on them. */
interface Part {
  readonly action: Action;
  readonly servers: ReadonlySet<string>;
}

/** For undo, which goes by the note on the host: the sources do not matter any more. */
const anyTime = { sources: ['0.0.0.0'], backup: { kind: 'holdover' } } as const;

/**
 * Keeps lifelines alive. One object serves one run: plan sorts the servers by their clocks, apply and verify go on with
 * that. What the fuse cannot do is handed over to a person in the outcome's words; nothing is ever cut.
 */
export function holdOpen(tools: HostTools): Action {
  let parts: readonly Part[] = [];

  async function plan(context: ActionContext): Promise<ActionPlan> {
    const descriptions = tools.ec2 === undefined ? [] : await describeServers(tools.ec2, context.cohort.servers);
    const gone = new Set(descriptions.filter(({ state }) => goneStates.has(state)).map(({ id }) => id));
    const servers = context.cohort.servers.filter((server) => !gone.has(server));
    const { groups, leftToPeople } = chooseTime(servers, descriptions, context.policy);
    parts = groups.map(({ time, servers: own }) => ({
      action: hostAction(holdWork({ ...time, sources: [...time.sources] }), tools),
      servers: new Set(own),
    }));
    const plans = await Promise.all(parts.map(async ({ action, servers: own }) => action.plan(narrow(context, own))));
    const leftAlone = [...leftToPeople, ...plans.flatMap((one) => one.leftAlone)];
    const present = descriptions.filter(({ id }) => servers.includes(id));
    return {
      changes: plans.flatMap(({ changes }) => changes),
      // A word on the backup asks nobody to act now, so it does not make a handing over.
      leftAlone: [...leftAlone, ...remarkBackups(present, context.policy)],
      unable: plans.flatMap(({ unable }) => unable),
      ...(needsPerson(context, leftAlone) && {
        instead: { status: 'handed-over', summary: handOver(context, leftAlone) } as const,
      }),
    };
  }

  async function apply(changes: readonly Change[], context: ActionContext, ask: Ask): Promise<Remark[]> {
    const remarks = await Promise.all(
      parts.map(async ({ action, servers }) => {
        const own = changes.filter(({ server }) => servers.has(server));
        return own.length === 0 ? [] : action.apply(own, narrow(context, servers), ask);
      }),
    );
    return remarks.flat();
  }

  /** Where the fuse did not hold a clock, the words of the outcome say what a person has to see to. */
  async function verify(changes: readonly Change[], context: ActionContext): Promise<Observation[]> {
    const seen = await Promise.all(
      parts.map(async ({ action, servers }) => {
        const own = changes.filter(({ server }) => servers.has(server));
        return own.length === 0 ? [] : action.verify(own, narrow(context, servers));
      }),
    );
    const advice = advisePerson(context.cohort);
    return seen
      .flat()
      .map((one) => (one.held ? one : { ...one, changed: one.changed ?? true, reason: `${one.reason}. ${advice}` }));
  }

  return {
    ...holdOpenFacts,
    plan,
    apply,
    verify,
    undo: async (changes, seen) =>
      hostAction(holdWork({ ...anyTime, sources: [...anyTime.sources] }), tools).undo(changes, seen),
  };
}

function narrow(context: ActionContext, servers: ReadonlySet<string>): ActionContext {
  const { cohort } = context;
  return { ...context, cohort: { ...cohort, servers: cohort.servers.filter((server) => servers.has(server)) } };
}

/** A lifeline without a server is an incident that names none: there a person has to look as well. */
function needsPerson({ cohort }: ActionContext, leftToPeople: readonly Remark[]): boolean {
  return leftToPeople.length > 0 || cohort.servers.length === 0;
}

/** Servers that are named with their reasons; a fleet's would fill a page. */
const namedServers = 5;

function handOver({ cohort }: ActionContext, left: readonly Remark[]): string {
  const reasons = left.slice(0, namedServers).map(({ target, reason }) => `${target}: ${reason}`);
  const more = left.length > namedServers ? [`and ${left.length - namedServers} more`] : [];
  return [advisePerson(cohort), cohort.evidence.lifeline, ...reasons, ...more].join('. ');
}
