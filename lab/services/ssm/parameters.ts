import { ServiceError } from '../wire/service-error.ts';
import type { DocumentContent, DocumentParameter } from './document.ts';

/** Values by parameter name, as SendCommand takes them: always lists, a String has exactly one. */
export type ParameterValues = Readonly<Record<string, readonly string[]>>;

/** Fills defaults in and refuses what SendCommand refuses: unknown, missing, doubled or forbidden values. */
export function resolveParameters(content: DocumentContent, given: ParameterValues): ParameterValues {
  const parameters = content.parameters ?? {};
  const stray = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (stray !== undefined) throw invalid(`Parameter '${stray}' is not defined in the document`);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const values = given[name] ?? readDefault(name, parameter);
      checkValues(name, parameter, values);
      return [name, values];
    }),
  );
}

function readDefault(name: string, parameter: DocumentParameter): readonly string[] {
  if (parameter.default === undefined) throw invalid(`Parameter '${name}' is required and was not given`);
  return typeof parameter.default === 'string' ? [parameter.default] : parameter.default;
}

function checkValues(name: string, parameter: DocumentParameter, values: readonly string[]): void {
  if (parameter.type === 'String' && values.length !== 1) {
    throw invalid(`Parameter '${name}' takes exactly one value, received '${values.length}'`);
  }
  const { minItems = 0, maxItems = Infinity, minChars = 0, maxChars = Infinity } = parameter;
  if (parameter.type === 'StringList' && (values.length < minItems || values.length > maxItems)) {
    throw invalid(`Parameter '${name}' takes ${minItems} to ${maxItems} values, received '${values.length}'`);
  }
  // Java compares the whole value, and unlike JavaScript lets `$` stand before a last newline: the strict reading.
  const pattern = new RegExp(`^(?:${parameter.allowedPattern ?? '[^]*'})$`, 'u');
  for (const value of values) {
    const isAllowed = parameter.allowedValues?.includes(value) ?? true;
    if (isAllowed && pattern.test(value) && value.length >= minChars && value.length <= maxChars) continue;
    throw invalid(
      `Parameter '${name}' does not take the value '${value}': see its allowedValues, allowedPattern and length`,
    );
  }
}

/** What one step becomes on the host: text parameters are written into the script, ENV_VAR ones never are. */
export function interpolate(content: DocumentContent, values: ParameterValues, text: string): string {
  return text.replaceAll(/\{\{\s*([a-zA-Z0-9_]+)\s*\}\}/g, (whole, name: string) => {
    const parameter = content.parameters?.[name];
    if (parameter === undefined || parameter.interpolationType === 'ENV_VAR') return whole;
    const value = values[name] ?? [];
    return parameter.type === 'String' ? (value[0] ?? '') : JSON.stringify(value);
  });
}

/** The environment of a script: `SSM_<name>` for every ENV_VAR parameter. */
export function toEnvironment(content: DocumentContent, values: ParameterValues): Readonly<Record<string, string>> {
  const names = Object.entries(content.parameters ?? {})
    .filter(([, { interpolationType }]) => interpolationType === 'ENV_VAR')
    .map(([name]) => name);
  return Object.fromEntries(names.map((name) => [`SSM_${name}`, values[name]?.[0] ?? '']));
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameters', message);
}
