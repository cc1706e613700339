import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { actions } from '../lambdas/shared/actions/index.ts';
import { renderOrderStateJsonSchema } from '../lambdas/shared/signals/order-state-json-schema.ts';
import { renderPolicyJsonSchema } from '../lambdas/shared/policy/json-schema.ts';
import { drawReadme, readMachines } from '../statemachines/draw.ts';
import type { ActionFacts, Permission } from '../lambdas/shared/actions/action.ts';

/** What is done by a person where the fuse has no means of its own; the outcome then says what to do. */
const handedOver: Readonly<Record<string, string>> = {
  'fail-over': 'Promote the standby of a core-business service, where the policy declares no mechanism',
  'hold-open':
    'Check the time sources of a lifeline, where the policy names none or no command reaches the host; decide the bypass of life support, always',
};

/** docs/actions.md: what every action saves, how it is undone and which permissions it needs, from its descriptor. */
export function writeActionsPage(facts: readonly ActionFacts[]): string {
  return `# Actions

Written from the action descriptors by \`npm run docs\`; a test fails when this page is not what they say. CDK grants exactly
these permissions, each to the one function that needs it. Every action reads back what it did before it calls it done; what
that takes stands under its step.

${facts.map(describeAction).join('\n')}
## Asked of a person

The audit records these as \`handed-over\`, or asks, and the notification says what to do.

| action | what a person is asked to do |
| --- | --- |
${Object.entries(handedOver)
  .map(([id, what]) => `| \`${id}\` | ${what} |`)
  .join('\n')}
`;
}

function describeAction({ id, summary, saves, undoes, notRun, permissions }: ActionFacts): string {
  const rows = (['plan', 'apply', 'undo'] as const).flatMap((step) =>
    permissions[step].map((permission) => describePermission(step, permission)),
  );
  return `## ${id}

${summary}.

- Saved before the first change: ${saves}.
- Undo: ${undoes}.${notRun === undefined ? '' : `\n- Not run: ${notRun}.`}

| step | IAM actions | on | why |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function describePermission(step: string, { actions: calls, resources, reason, conditions }: Permission): string {
  const on = resources.map((resource) => `\`${resource}\``).join(', ');
  const only = conditions === undefined ? '' : `, only with \`${JSON.stringify(conditions)}\``;
  return `| ${step} | ${calls.map((action) => `\`${action}\``).join(', ')} | ${on}${only} | ${reason} |`;
}

/** Every generated file by its path from the root, as it must be now. */
export function generatePages(): Readonly<Record<string, string>> {
  return {
    'docs/actions.md': writeActionsPage(Object.values(actions)),
    'statemachines/README.md': drawReadme(readMachines()),
    'schema/fuse.policy.schema.json': renderPolicyJsonSchema(),
    'schema/order-state.schema.json': renderOrderStateJsonSchema(),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generatePages())) {
    writeFileSync(join(import.meta.dirname, '..', path), text);
  }
}
