import { ServiceError } from '../wire/service-error.ts';
import { resolveParameters } from './parameters.ts';
import type { ParameterValues } from './parameters.ts';
import { findDocument } from './read-documents.ts';
import type { SsmDesk } from './ssm-desk.ts';

/** What is to run on every server with a tag, again and again. The lab keeps and checks it, and runs it nowhere. */
export interface Association {
  /** Name of a Command document. */
  readonly name: string;
  readonly associationName?: string | undefined;
  readonly targets: readonly { readonly key: string; readonly values: readonly string[] }[];
  readonly parameters: ParameterValues;
  readonly scheduleExpression?: string | undefined;
}

const mostTargets = 5;
const mostValues = 50;

/** Refuses what CreateAssociation refuses: an unknown document, parameters it does not take, targets that are none. */
export function checkAssociation(desk: SsmDesk, association: Association): void {
  const { name, associationName, targets, parameters, scheduleExpression } = association;
  resolveParameters(findDocument(desk, name, undefined).content, parameters);
  if (associationName !== undefined && !/^[a-zA-Z0-9_.-]{3,128}$/.test(associationName)) {
    throw new ServiceError('ValidationException', `AssociationName '${associationName}' is not valid`);
  }
  const isTarget = ({ key, values }: Association['targets'][number]): boolean =>
    /^tag:.{1,128}$/u.test(key) && values.length > 0 && values.length <= mostValues;
  if (targets.length === 0 || targets.length > mostTargets || !targets.every(isTarget)) {
    throw new ServiceError(
      'InvalidTarget',
      `The lab's associations have 1 to 5 targets by tag, received '${JSON.stringify(targets)}'`,
    );
  }
  if (scheduleExpression !== undefined && !isSchedule(scheduleExpression)) {
    throw new ServiceError('InvalidSchedule', `The schedule '${scheduleExpression}' is not valid: 'rate(1 day)'`);
  }
}

/** The service takes no rate under 30 minutes. */
function isSchedule(expression: string): boolean {
  const [, count, unit] = /^rate\(([1-9][0-9]*) (minutes?|hours?|days?)\)$/.exec(expression) ?? [];
  return count !== undefined && (unit?.startsWith('minute') !== true || Number(count) >= 30);
}
