import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../fixtures/events');

export type JsonObject = { [key: string]: unknown };

/** One of our own events in a documented shape; a fresh copy at every call. */
export function readFixture(name: string): JsonObject {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as JsonObject;
}

/** A copy of `event` with the value at a dotted path replaced; `undefined` takes the key away. */
export function withValue(event: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(event);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<JsonObject>((node, key) => (node[key] ??= {}) as JsonObject, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** The finding of an EventBridge event, without its envelope. */
export function findingOf(event: JsonObject): JsonObject {
  return event['detail'] as JsonObject;
}

/** The event with every key inside `detail` in PascalCase, as GetFindings writes it. */
export function withPascalDetail(event: JsonObject): JsonObject {
  return { ...event, detail: toPascal(event['detail']) };
}

function toPascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPascal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.charAt(0).toUpperCase() + key.slice(1), toPascal(member)]),
  );
}

/** A GuardDuty event on one instance, of any type, severity and role. */
export function buildFinding(type: string, severity = 8, changes: Readonly<Record<string, unknown>> = {}): JsonObject {
  const base = readFixture('guardduty-command-and-control');
  const typed = withValue(withValue(base, 'detail.type', type), 'detail.severity', severity);
  return Object.entries(changes).reduce((event, [path, value]) => withValue(event, `detail.${path}`, value), typed);
}
