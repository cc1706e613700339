import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { actions } from '../lambdas/shared/actions/index.ts';
import { renderOrderStateJsonSchema } from '../lambdas/shared/signals/order-state-json-schema.ts';
import { measuredKinds, SensorDetailSchema, type SensorReport } from '../lambdas/shared/signals/parse-sensor.ts';
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

/** What a sender's editor shows beside each field of a host sensor signal. */
const sensorDescriptions: Readonly<Record<keyof SensorReport, string>> = {
  instanceId: 'The server',
  instanceIds: 'Several servers, in the place of `instanceId`',
  kind: 'What is wrong',
  value: 'What was measured; wanted for kinds that are judged by it',
  limit: 'What the sender held it against, in the same unit',
  unit: 'Unit of `value` and `limit`; left out, the one of the limit in the policy',
  seconds: 'For how long the value has been over the limit',
  remoteAddresses: "IP addresses of the peers to cut, where less than the profile's own shape is meant",
  ports: 'Ports of the server to cut',
  observedAt: 'When it was seen, ISO 8601 with a zone',
  signalId: 'Chosen by the sender; the same id with the same content is a repeat',
};

/**
 * The JSON Schema of the event's `detail`, made from the schema that also checks it. What the parser asks beyond that
 * schema is added: one way to name servers, and a value in a known unit where the value decides.
 */
function makeSensorJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(SensorDetailSchema, { io: 'input', target: 'draft-2020-12' });
  const properties = Object.entries(sensorDescriptions).map(
    ([name, description]) => [name, { description, ...(schema.properties?.[name] as object) }] as const,
  );
  return {
    title: 'Host Sensor Signal, detail of an event for connection-fuse',
    ...schema,
    properties: Object.fromEntries(properties),
    oneOf: [{ required: ['instanceId'] }, { required: ['instanceIds'] }],
    allOf: Object.entries(measuredKinds).map(([kind, { factors }]) => ({
      anyOf: [
        { properties: { kind: { not: { const: kind } } } },
        { required: ['value'], properties: { unit: { enum: Object.keys(factors) } } },
      ],
    })),
  };
}

/** Every generated file by its path from the root, as it must be now. */
export function generatePages(): Readonly<Record<string, string>> {
  return {
    'docs/actions.md': writeActionsPage(Object.values(actions)),
    'statemachines/README.md': drawReadme(readMachines()),
    'schema/fuse.policy.schema.json': renderPolicyJsonSchema(),
    'schema/host-sensor-signal.schema.json': `${JSON.stringify(makeSensorJsonSchema(), null, 2)}\n`,
    'schema/order-state.schema.json': renderOrderStateJsonSchema(),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generatePages())) {
    writeFileSync(join(import.meta.dirname, '..', path), text);
  }
}
