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
  return resourcesOf(template, 'AWS::StepFunctions::StateMachine').find(({ id }) => id.startsWith(`Fuse${name}State`));
}

/** Every task of a definition, with the placeholder of its function. */
function tasksOf(value: Json): { placeholder: string; timeoutSeconds: number }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = value.Type === 'Task' ? [toTask(value)] : [];
  return [...own, ...Object.values(value).flatMap(tasksOf)];
}

function toTask({ Arguments, TimeoutSeconds }: Json): { placeholder: string; timeoutSeconds: number } {
  return { placeholder: Arguments.FunctionName.slice(2, -1), timeoutSeconds: TimeoutSeconds };
}

describe.each([
  ['respond', 'Respond'],
  ['restore', 'Restore'],
])('The workflow %s', (file, id) => {
  const substitutions: Record<string, Json> = machineOf(id).Properties.DefinitionSubstitutions;

  it('fills every placeholder of its definition, and no other', () => {
    const placeholders = [...readDefinition(file).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);

    expect(new Set(Object.keys(substitutions))).toEqual(new Set(placeholders));
  });

  it('puts the function behind a placeholder that the placeholder names', () => {
    for (const [placeholder, { 'Fn::GetAtt': arn }] of Object.entries(substitutions)) {
      expect(arn[0]).toContain(`Functions${placeholder.replace('FunctionArn', '')}Function`);
    }
  });

  it('may invoke those functions, write its log and its traces, and do nothing else', () => {
    const statements = rolesOf(template).get(`${id}StateMachine`) ?? [];
    const invoking = statements.filter(({ Action }) => Action.includes('lambda:InvokeFunction'));
    const others = statements.filter((statement) => !invoking.includes(statement)).flatMap(({ Action }) => Action);

    expect(invoking.flatMap(({ Action }) => Action)).toEqual(['lambda:InvokeFunction']);
    expect(invoking[0]?.Resource).toHaveLength(Object.keys(substitutions).length);
    expect(others.filter((action) => !/^(logs|xray):/.test(action))).toEqual([]);
  });

  it('waits longer for each function than the function may run', () => {
    const longest = Map.groupBy(tasksOf(JSON.parse(readDefinition(file))), ({ placeholder }) => placeholder);

    for (const [placeholder, tasks] of longest) {
      const { Timeout } = template.Resources[substitutions[placeholder]['Fn::GetAtt'][0]]?.Properties ?? {};
      expect(Timeout).toBeLessThan(Math.max(...tasks.map(({ timeoutSeconds }) => timeoutSeconds)));
    }
  });
});
