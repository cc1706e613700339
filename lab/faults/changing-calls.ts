import type { ServiceCall } from '../services/wire/service.ts';

/** What AWS calls a read. All other words change something: one that is unknown must not pass as harmless. */
const reading = /^(Describe|List|Get|BatchGet|TransactGet|Query|Scan|Simulate)/;

/** Says whether an operation leaves something behind. */
export function isChanging(operation: string): boolean {
  return !reading.test(operation);
}

/** Services the fuse works with: what it keeps, tells and starts there is its own. */
const ownServices: ReadonlySet<string> = new Set([
  'cloudformation',
  'cloudwatch',
  'dynamodb',
  'events',
  'lambda',
  'sns',
  'sqs',
  'states',
]);

/** Says whether a call changes what the fuse looks after: servers, their network, and what leads clients to them. */
export function isTouching({ service, operation }: Pick<ServiceCall, 'service' | 'operation'>): boolean {
  return !ownServices.has(service) && isChanging(operation);
}
