import { lintMachine } from '../../lab/asl/lint.ts';
import { listPlaces } from '../../lab/asl/places.ts';
import { inspectDefinition } from '../../lab/asl/machine.ts';
import { toStateMachineSeed } from '../../lab/template/deploy-state-machines.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { Check, Finding } from './check.ts';
import type { Assembly } from './template-bench.ts';

/** What a task can call. */
const callable = new Set(['AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::StepFunctions::StateMachine']);

/** The asl-validator and our own lint, on every definition as it is deployed. */
export function judgeMachines({ name, loaded, resolver }: Assembly): Check[] {
  const { Resources } = loaded.template;
  const arns = new Set(
    Object.entries(Resources)
      .filter(([, { Type }]) => callable.has(Type))
      .flatMap(([id]) => {
        const { ref, attributes } = resolver.identityOf(id);
        return [ref, ...Object.values(attributes)];
      }),
  );
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')
    .map(([logicalId, { Type, Properties }]) => {
      const identity = resolver.identityOf(logicalId);
      const resource = { logicalId, type: Type, properties: resolver.resolve(Properties ?? {}), identity };
      const { definition } = toStateMachineSeed(resource as Parameters<typeof toStateMachineSeed>[0], loaded);
      return {
        validator: 'asl',
        target: `${logicalId} of ${name}`,
        findings: [...lintMachine(definition), ...findStrangers(definition, arns)],
      };
    });
}

/** Tasks that call a function or a machine which the stack does not have: at run time each is a failure of its own. */
export function findStrangers(definition: unknown, known: ReadonlySet<string>): Finding[] {
  const { machine } = inspectDefinition(definition);
  if (machine === undefined) return [];
  return listPlaces(machine).flatMap(({ name, state }) => {
    const given: Readonly<Record<string, unknown>> =
      state.Type === 'Task' && isRecord(state.Arguments) ? state.Arguments : {};
    return ['FunctionName', 'StateMachineArn'].flatMap((field) => {
      const called = given[field];
      if (called === undefined || (typeof called === 'string' && known.has(called))) return [];
      const message = `${field} is ${JSON.stringify(called)}, which the stack does not have`;
      return [{ rule: 'unknown-target', where: name, message }];
    });
  });
}
