import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { Step } from './step.ts';

/** Matches one pattern against one event: by the service's own TestEventPattern, or by the lab's matcher. */
export interface MatchSeed {
  readonly matches: (pattern: string, event: object) => Promise<boolean>;
}

const event = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'Order Changed',
  source: 'shop.orders',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'us-east-1',
  resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0'],
  detail: {
    state: 'ALARM',
    empty: '',
    none: null,
    count: 5,
    ratio: 0.5,
    flag: true,
    address: '10.0.3.20',
    list: ['a', 'b'],
    nested: [
      { key: 'x', value: 1 },
      { key: 'y', value: 2 },
    ],
    path: 'dir/sub/file.png',
    'dotted.name': 'z',
  },
};

/** Patterns of detail, and patterns that must be refused; all against the event above. */
const details: Readonly<Record<string, unknown>> = {
  'an exact text': { state: ['ALARM'] },
  'another text': { state: ['OK'] },
  'a text in other letters': { state: ['alarm'] },
  'equals-ignore-case': { state: [{ 'equals-ignore-case': 'alarm' }] },
  prefix: { state: [{ prefix: 'AL' }] },
  'prefix-ignore-case': { state: [{ prefix: { 'equals-ignore-case': 'al' } }] },
  suffix: { path: [{ suffix: '.png' }] },
  wildcard: { path: [{ wildcard: 'dir/*/file.png' }] },
  'anything-but a text': { state: [{ 'anything-but': 'OK' }] },
  'anything-but a list that holds it': { state: [{ 'anything-but': ['OK', 'ALARM'] }] },
  'anything-but a prefix': { state: [{ 'anything-but': { prefix: 'AL' } }] },
  'anything-but on a field that is not there': { missing: [{ 'anything-but': 'OK' }] },
  'anything-but on a list': { list: [{ 'anything-but': 'a' }] },
  'a number': { count: [5] },
  'a number as text': { count: ['5'] },
  'a number written otherwise': { count: [5.0] },
  'numeric range': { count: [{ numeric: ['>', 0, '<=', 5] }] },
  'numeric not met': { count: [{ numeric: ['<', 5] }] },
  'numeric on a text': { state: [{ numeric: ['>', 0] }] },
  'a boolean': { flag: [true] },
  null: { none: [null] },
  'null for an empty text': { empty: [null] },
  'an empty text': { empty: [''] },
  'exists true': { state: [{ exists: true }] },
  'exists true on null': { none: [{ exists: true }] },
  'exists true on a structure': { nested: [{ exists: true }] },
  'exists false': { missing: [{ exists: false }] },
  'exists false on what is there': { state: [{ exists: false }] },
  cidr: { address: [{ cidr: '10.0.0.0/16' }] },
  'cidr not met': { address: [{ cidr: '192.168.0.0/16' }] },
  'an element of a list': { list: ['b', 'q'] },
  'a field in a list of structures': { nested: { key: ['y'] } },
  'fields of one element': { nested: { key: ['x'], value: [1] } },
  'fields of different elements': { nested: { key: ['x'], value: [2] } },
  $or: { $or: [{ state: ['OK'] }, { count: [5] }] },
  '$or not met': { $or: [{ state: ['OK'] }, { count: [6] }] },
  'a name with a dot': { 'dotted.name': ['z'] },
};

const refused: Readonly<Record<string, string>> = {
  'an empty pattern': '{}',
  'a bare value': '{"source":"shop.orders"}',
  'an empty list': '{"source":[]}',
  'an operator that is not there': '{"source":[{"sounds-like":"shop"}]}',
  'numeric without a number': '{"detail":{"count":[{"numeric":[">","x"]}]}}',
  'exists of a text': '{"detail":{"state":[{"exists":"yes"}]}}',
  'a malformed cidr': '{"detail":{"address":[{"cidr":"10.0.0.0/99"}]}}',
  'two wildcards in a row': '{"detail":{"path":[{"wildcard":"dir/**"}]}}',
};

export const patternSteps: readonly Step<MatchSeed>[] = [
  ...Object.entries(details).map(([name, detail]) => ({
    name: `match ${name}`,
    run: async (_clients: unknown, { matches }: MatchSeed) => await matches(JSON.stringify({ detail }), event),
  })),
  ...Object.entries({
    'match a source and a detail type': { source: ['shop.orders'], 'detail-type': ['Order Changed'] },
    'match a resource by its beginning': { resources: [{ prefix: 'arn:aws:ec2' }] },
    'match an account': { account: ['123456789012'] },
    'match another account': { account: ['210987654321'] },
  }).map(([name, pattern]) => ({
    name,
    run: async (_clients: unknown, { matches }: MatchSeed) => await matches(JSON.stringify(pattern), event),
  })),
  ...Object.entries(refused).map(([name, pattern]) => ({
    name: `refuse ${name}`,
    run: async (_clients: unknown, { matches }: MatchSeed) => await matches(pattern, event),
  })),
];

const entry = { Source: 'shop.orders', DetailType: 'Order Changed', Detail: '{}' };
const put =
  (entries: readonly PutEventsRequestEntry[]): Step<MatchSeed>['run'] =>
  async ({ events }) => {
    const { Entries = [], FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [...entries] }));
    return {
      FailedEntryCount,
      codes: Entries.map(({ ErrorCode, EventId }) => ErrorCode ?? (EventId === undefined ? 'none' : 'accepted')),
    };
  };

export const putEventsSteps: readonly Step<MatchSeed>[] = [
  { name: 'put an event', run: put([entry]) },
  { name: 'put two events, one without detail', run: put([entry, { ...entry, Detail: undefined }]) },
  { name: 'put an event without source', run: put([{ ...entry, Source: undefined }]) },
  { name: 'put an event without detail type', run: put([{ ...entry, DetailType: undefined }]) },
  { name: 'put a detail that is no JSON', run: put([{ ...entry, Detail: 'no JSON' }]) },
  { name: 'put a detail that is a list', run: put([{ ...entry, Detail: '[]' }]) },
  { name: 'put an event of an AWS service', run: put([{ ...entry, Source: 'aws.guardduty' }]) },
  { name: 'put an event on a bus that is not there', run: put([{ ...entry, EventBusName: 'no-such-bus' }]) },
  { name: 'put no event', run: put([]) },
  { name: 'put eleven events', run: put(Array.from({ length: 11 }, () => entry)) },
];
