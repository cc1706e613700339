import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rolesOf } from '../policies.ts';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const template = synthesise();

function readDefinition(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', '..', '..', 'statemachines', `${name}.asl.json`), 'utf8');
}

function machineOf(name: string): Json {
  return resourcesOf(template, 'AWS::StepFunctions::StateMachine').find(({ id }) =>
    id.startsWith(`FuseWorkflows${name}State`),
  );
}

/** Every task of a definition. */
function tasksOf(value: Json): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(value.Type === 'Task' ? [value] : []), ...Object.values(value).flatMap(tasksOf)];
}

const withoutMarks = (placeholder: string) => placeholder.slice(2, -1);

describe.each([
  ['respond', 'Respond'],
  ['isolate', 'Isolate'],
  ['cut-by-profile', 'CutByProfile'],
  ['approve', 'Approve'],
  ['restore', 'Restore'],
])('The workflow %s', (file, id) => {
  const substitutions: Record<string, Json> = machineOf(id).Properties.DefinitionSubstitutions;
  const tasks = tasksOf(JSON.parse(readDefinition(file)));
  const invoked = new Set(tasks.flatMap(({ Arguments }) => Arguments.FunctionName ?? []).map(withoutMarks));
  const started = tasks.filter(({ Arguments }) => Arguments.StateMachineArn !== undefined);
  const awaited = new Set(
    started.filter(({ Resource }) => Resource.endsWith('.sync:2')).map(({ Arguments }) => Arguments.StateMachineArn),
  );

  it('fills every placeholder of its definition, and no other', () => {
    const placeholders = [...readDefinition(file).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);

    expect(new Set(Object.keys(substitutions))).toEqual(new Set(placeholders));
  });

  it('puts behind a placeholder what the placeholder names', () => {
    for (const [placeholder, value] of Object.entries(substitutions)) {
      const name = placeholder.replace(/FunctionArn$|StateMachineArn$/, '');
      const wanted = placeholder.endsWith('FunctionArn') ? `Functions${name}Function` : `Workflows${name}StateMachine`;
      expect(value['Fn::GetAtt']?.[0] ?? value.Ref).toContain(wanted);
    }
  });

  it('may invoke those functions, start those machines, follow what it waits for, and do nothing else', () => {
    const statements = rolesOf(template).get(`Workflows${id}StateMachine`) ?? [];
    const own = statements.filter(({ Action }) => !Action.every((action) => /^(logs|xray):/.test(action)));
    const allowed = own.map(({ Action, Resource }) => [[...Action].sort().join(), Resource.length]);

    expect(own.every(({ Effect }) => Effect === 'Allow')).toBe(true);
    expect(allowed).toEqual([
      ['lambda:InvokeFunction', invoked.size],
      ...(started.length === 0
        ? []
        : [['states:StartExecution', new Set(started.map((task) => task.Arguments.StateMachineArn)).size]]),
      ...(awaited.size === 0
        ? []
        : [
            ['states:DescribeExecution,states:StopExecution', awaited.size],
            ['events:DescribeRule,events:PutRule,events:PutTargets', 1],
          ]),
    ]);
  });

  it('waits longer for each function than the function may run', () => {
    const byFunction = Map.groupBy(
      tasks.filter(({ Arguments, TimeoutSeconds }) => Arguments.FunctionName && typeof TimeoutSeconds === 'number'),
      ({ Arguments }) => withoutMarks(Arguments.FunctionName),
    );

    for (const [placeholder, waiting] of byFunction) {
      const { Timeout } = findFunction(substitutions[placeholder])?.Properties ?? {};
      expect(Timeout).toBeLessThan(Math.max(...waiting.map(({ TimeoutSeconds }) => TimeoutSeconds)));
    }
  });

  // A restore of many entries may go on alone; the cut does not wait an hour for it.
  const waitedFor = started
    .filter(({ Resource }) => Resource.endsWith('.sync:2'))
    .map(({ Arguments, TimeoutSeconds }) => ({ child: toFile(Arguments.StateMachineArn), TimeoutSeconds }))
    .filter(({ child }) => child !== 'restore');
  it('waits longer for each machine than the machine may run', () => {
    const tooShort = waitedFor.filter(
      ({ child, TimeoutSeconds }) => JSON.parse(readDefinition(child)).TimeoutSeconds >= TimeoutSeconds,
    );

    expect(tooShort).toEqual([]);
  });
});

/** What stands behind a placeholder is a function, or the alias under which copies of it are kept ready. */
function findFunction({ Ref: alias, 'Fn::GetAtt': attribute }: Json): Json {
  if (alias === undefined) return template.Resources[attribute[0]];
  return template.Resources[template.Resources[alias]?.Properties.FunctionName.Ref];
}

/** `${CutByProfileStateMachineArn}` → `cut-by-profile`. */
function toFile(placeholder: string): string {
  const name = placeholder.slice(2).replace(/StateMachineArn\}$/, '');
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
