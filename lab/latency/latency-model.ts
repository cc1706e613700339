import type { Distribution } from './distribution.ts';

/** How far a row can be trusted: published by AWS or measured by others, derived from such a figure, or a guess. */
export type Grade = 'published' | 'derived' | 'assumed';

/** One row of the table in docs/latency-model.md. */
export interface LatencyRow extends Distribution {
  readonly what: string;
  /** More for each value of a filter or id in the request. Default: none. */
  readonly perItemMs?: number;
  readonly grade: Grade;
  /** Where the figures come from, or why they were chosen. */
  readonly source: string;
}

/**
 * What AWS takes for each thing on the way from an event to the cut. Where nothing is published a row says so, and is
 * chosen rather too slow than too fast. The times of our own code are in none of them: those are measured.
 */
export const latencyRows = {
  delivery: {
    what: 'EventBridge: event on the bus until its target is called',
    p50Ms: 50,
    p99Ms: 129,
    grade: 'published',
    source:
      'p99 of 129 ms after the improvement that AWS announced in November 2024; the Amazon Key team tells p90 = 80 ms, which this curve has',
  },
  startExecution: {
    what: 'Step Functions: StartExecution, also of a child machine',
    p50Ms: 60,
    p99Ms: 200,
    grade: 'assumed',
    source:
      'nothing published; 0.1 to 0.3 s from a rule to a running machine, delivery included, is what we reckon with',
  },
  transition: {
    what: 'Step Functions: one state entered in a Standard workflow',
    p50Ms: 20,
    p99Ms: 80,
    grade: 'assumed',
    source: 'nothing published; 0.05 to 0.2 s for a first task, its invocation included, is what we reckon with',
  },
  invoke: {
    what: 'Lambda: invocation and answer of a warm function, without its code',
    p50Ms: 12,
    p99Ms: 60,
    grade: 'assumed',
    source: 'nothing published by AWS',
  },
  environment: {
    what: 'Lambda: a new execution environment, code fetched, before the runtime starts',
    p50Ms: 100,
    p99Ms: 350,
    grade: 'derived',
    source:
      'AWS: a cold start takes "from under 100 ms to over 1 second"; bundles of a third of a megabyte are at the small end',
  },
  runtime: {
    what: 'Lambda: the Node.js runtime starts, without our bundle',
    p50Ms: 125,
    p99Ms: 200,
    grade: 'derived',
    source: 'init of an empty Node.js function is told as 100 to 150 ms',
  },
  connection: {
    what: 'DNS, TCP and TLS of a new connection to an endpoint of AWS',
    p50Ms: 20,
    p99Ms: 80,
    grade: 'derived',
    source:
      'the first HTTPS request of a cold Node.js function is told as 125 ms with the work of the SDK, which is measured here as our own',
  },
  ec2Read: {
    what: 'EC2: a Describe call with filters',
    p50Ms: 120,
    p99Ms: 450,
    perItemMs: 0.4,
    grade: 'assumed',
    source: 'nothing published; the AWS command line, its own start included, is told as about 0.5 s for one instance',
  },
  ec2Change: {
    what: 'EC2: a change of an interface, a group or a network ACL',
    p50Ms: 300,
    p99Ms: 800,
    grade: 'derived',
    source: '0.3 to 0.8 s is what we reckon with; AttachNetworkInterface, a heavier call, is told as 0.74 s on average',
  },
  tableRead: {
    what: 'DynamoDB: GetItem or Query of one partition, consistent',
    p50Ms: 6,
    p99Ms: 25,
    grade: 'derived',
    source: 'AWS: single-digit milliseconds; the tail is assumed',
  },
  tableWrite: {
    what: 'DynamoDB: PutItem or UpdateItem on a condition',
    p50Ms: 8,
    p99Ms: 35,
    grade: 'derived',
    source: 'AWS: single-digit milliseconds; the tail is assumed',
  },
  ssmRead: {
    what: 'Systems Manager: a document or the list of hosts',
    p50Ms: 60,
    p99Ms: 250,
    perItemMs: 0.4,
    grade: 'assumed',
    source: 'nothing published',
  },
  ssmSend: {
    what: 'Systems Manager: SendCommand until it is accepted',
    p50Ms: 150,
    p99Ms: 500,
    grade: 'assumed',
    source: 'nothing published; the way to the host, 1 to 3 s, comes after it and is no part of this model',
  },
  otherCall: {
    what: 'any other call',
    p50Ms: 100,
    p99Ms: 400,
    grade: 'assumed',
    source: 'so that a new call never costs nothing',
  },
} as const satisfies Readonly<Record<string, LatencyRow>>;

export type LatencyId = keyof typeof latencyRows;

/** EC2's answers lag behind its changes: so often the first read-back is too early and is made again. */
export const staleReadBack = { share: 0.05, pauseMs: 400 } as const;

/** A function's import on Lambda varies around the one measured here, by this much in one of a hundred. */
export const importTail = 1.5;

const readPattern = /^(Describe|Get|List|Search|Query|Scan|BatchGet)/;

/** The row that a call belongs to. */
export function findLatency(service: string, operation: string): LatencyId {
  const isRead = readPattern.test(operation);
  switch (service) {
    case 'ec2':
      return isRead ? 'ec2Read' : 'ec2Change';
    case 'dynamodb':
      return isRead ? 'tableRead' : 'tableWrite';
    case 'ssm':
      return isRead ? 'ssmRead' : 'ssmSend';
    case 'states':
      return 'startExecution';
    default:
      return 'otherCall';
  }
}
