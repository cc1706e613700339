import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CAC } from 'cac';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { describeCut, paint, print, printJson, UsageError } from '../output.ts';
import { readEventFile } from '../read-event-file.ts';
import { planEvent } from '../plan-event.ts';
import type { EventPlan } from '../plan-event.ts';
import { defaultPolicyPath, readPolicyFile } from './policy.ts';

interface PlanOptions {
  readonly events?: string;
  readonly policy: string;
  readonly json?: boolean;
}

/** `fuse plan`: what would happen to each event, and why; needs no account and touches nothing. */
export function addPlanCommand(cli: CAC): void {
  cli
    .command('plan', 'Show what would happen to every event file of a folder; exit status 1 when one is rejected')
    .option('--events <path>', 'A file, or a folder that is searched for *.json')
    .option('--policy <file>', 'The policy to decide by', { default: defaultPolicyPath })
    .option('--json', 'One JSON object per file')
    .example('  fuse plan --events findings/\n  fuse plan --events findings/ --json')
    .action(async (options: PlanOptions) => {
      const files = findFiles(options.events);
      const policy = readPolicyFile(options.policy);
      const plans: EventPlan[] = [];
      for (const file of files) {
        const plan = await planFile(file, policy);
        plans.push(plan);
        if (options.json === true) printJson({ file, ...plan });
        else for (const line of showPlan(file, plan)) print(line);
      }
      if (plans.some(({ outcome }) => outcome === 'rejected')) process.exitCode = 1;
    });
}

function findFiles(path: string | undefined): string[] {
  if (path === undefined) throw new UsageError('No events are named', 'fuse plan --events <file or folder>');
  if (!existsSync(path)) throw new UsageError(`There is no file or folder "${path}"`, 'fuse plan --events <path>');
  if (statSync(path).isFile()) return [path];
  const files = globSync('**/*.{json,JSON}', { cwd: path })
    .map((file) => join(path, file))
    .filter((file) => statSync(file).isFile())
    .sort();
  if (files.length === 0) throw new UsageError(`Folder "${path}" holds no *.json`, 'Name a folder with event files');
  return files;
}

async function planFile(file: string, policy: Policy): Promise<EventPlan> {
  let event: unknown;
  try {
    event = readEventFile(file);
  } catch (error) {
    return toRejected(`Not readable as JSON: ${describe(error)}`);
  }
  try {
    return await planEvent(event, policy);
  } catch (error) {
    // One file that cannot be planned must not keep the others from being planned.
    return toRejected(`Could not be planned: ${describe(error)}`);
  }
}

function toRejected(reason: string): EventPlan {
  return { outcome: 'rejected', kind: null, servers: [], answers: null, path: [], reason };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function showPlan(file: string, plan: EventPlan): string[] {
  const paintOutcome = { incident: paint.strong, ignored: paint.quiet, rejected: paint.bad }[plan.outcome];
  return [
    `${paintOutcome(plan.outcome)} ${file}${plan.kind === null ? '' : `: ${plan.kind}`}`,
    `  why  ${plan.reason}`,
    ...(plan.path.length === 0 ? [] : [`  way  ${plan.path.join(' > ')}`]),
    ...(plan.cohorts ?? []).map(
      ({ id, servers, cut }) =>
        `  ${id}   ${servers.length === 0 ? 'no server' : servers.join(', ')}, ${describeCut(cut)}`,
    ),
    ...(plan.actions === undefined || plan.actions.length === 0 ? [] : [`  does ${plan.actions.join(', ')}`]),
  ];
}
