import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { raiseServer } from '../../lab/play.ts';
import type { ScenarioServer } from '../../lab/scenario.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { reviewDetailType, reviewSource } from '../../lambdas/shared/reviews/review-event.ts';
import { ReviewRegister } from '../../lambdas/shared/reviews/review-register.ts';
import { seeLocks } from '../../lambdas/shared/reviews/see-locks.ts';
import { tellStandings } from '../../lambdas/shared/reviews/tell-review.ts';
import { openDesk } from './desk.ts';
import type { Desk } from './desk.ts';

export const [ours, theirs] = ['203.0.113.0/24', '198.18.7.0/24'];
export const prefixList = 'pl-0a0b0c0d0e0f00001';
export const until = '2099-01-01T00:00:00Z';

const golden = { name: 'custody', servers: { service: 'ledger' }, direction: 'out', ports: [7001] };
const policy = {
  version: 1,
  agentPath: { cidrs: ['10.0.255.0/28'] },
  // A lock takes no room in it.
  budgets: { servers: 1 },
  services: [{ name: 'ledger', coreBusiness: false }],
  goldenChannels: [{ ...golden, peers: ['203.0.113.200/32'] }],
  borders: [
    { name: 'abroad', cidrs: [ours], prefixLists: [prefixList], countries: ['SE'] },
    { name: 'far-abroad', cidrs: [ours, theirs] },
  ],
};

const atHome = { direction: 'in', golden: false, allowed: 'anyone' } as const;
const peers: ScenarioServer['peers'] = [
  { ...atHome, name: 'customers', address: '198.51.100.90', port: 8443, connections: 3 },
  { ...atHome, name: 'archive', address: '203.0.113.10', port: 9000, connections: 4, allowed: 'address' },
  { ...atHome, name: 'mirror', address: '198.18.7.10', port: 9001, connections: 2 },
  { ...atHome, name: 'custody', address: '203.0.113.200', port: 7001, connections: 2, direction: 'out', golden: true },
];

/** A desk at which reviews are opened and closed, on simulated servers with peers on both sides of the border. */
export class ReviewDesk {
  readonly desk: Desk;
  readonly register: ReviewRegister;
  #count = 0;

  constructor(desk: Desk) {
    const { aws, deployment } = desk.lab;
    const credentials = { accessKeyId: 'AKIALABOPERATOR', secretAccessKey: 'lab' };
    const client = new DynamoDBClient({ endpoint: aws.url, region: aws.region, credentials });
    this.desk = desk;
    this.register = new ReviewRegister(client, deployment.outputs['TableName'] ?? '');
    aws.ec2.addPrefixList(prefixList, [theirs]);
  }

  /** A server with customers at home, peers abroad, and custody, which is golden for the ledger, abroad as well. */
  async raise(tags: Readonly<Record<string, string>>): Promise<string> {
    this.#count += 1;
    const id = `i-0e${String(this.#count).padStart(15, '0')}`;
    const { lab } = this.desk;
    await raiseServer(lab, { id, address: `10.30.0.${this.#count}`, tags: { ...tags }, interfaces: 1, peers });
    const groupId = lab.aws.ec2.model.interfacesOf(id)[0]?.groupIds[0] ?? '';
    lab.aws.ec2.addRule(groupId, { ipProtocol: 'tcp', fromPort: 9002, prefixListId: prefixList }, 'ingress');
    return id;
  }

  /** Says that a server runs now, as EC2 does. */
  async start(id: string): Promise<void> {
    const detail = { 'instance-id': id, state: 'running' };
    await this.emit({ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail });
  }

  async emit(event: object): Promise<void> {
    const { aws, deployment } = this.desk.lab;
    emitEvent(aws, deployment, event);
    await aws.whenIdle();
  }

  /** Sends the event that `fuse review open` sends. */
  async open(name: string, server: string, over: object = {}): Promise<void> {
    const terms = { border: 'abroad', scope: { servers: [server] }, owner: 'legal', until, reason: 'audit', ...over };
    const detail = { operation: 'open', name, ...terms };
    await this.emit({ source: reviewSource, 'detail-type': reviewDetailType, detail });
  }

  async close(name: string): Promise<void> {
    const detail = { operation: 'close', name, by: 'legal', reason: 'done' };
    await this.emit({ source: reviewSource, 'detail-type': reviewDetailType, detail });
  }

  async restore(what: { server: string } | { incidentId: string }): Promise<void> {
    await this.desk.lab.restore({ ...what, requestedBy: 'ada', reason: 'clean' });
  }

  /** Open connections by peer. */
  async connected(id: string): Promise<Record<string, number>> {
    const counts = await this.desk.lab.world.count(id);
    return Object.fromEntries(counts.map(({ peer, established }) => [peer, established]));
  }

  /** The same after everyone has dialled again. */
  async reconnected(id: string): Promise<Record<string, number>> {
    await this.desk.lab.world.reconnect(id);
    return this.connected(id);
  }

  /** How each server stands under a review, as `fuse review list` tells it. */
  async standings(name: string): Promise<Record<string, string>> {
    const { locks } = await this.register.readSteps(name);
    const told = tellStandings(await seeLocks(locks, this.desk.lab.audit, this.now()));
    return Object.fromEntries(told.map(({ server, state }) => [server, state]));
  }

  /** The peers of each start of a review, in the order of the starts. */
  async lockedPeers(name: string): Promise<string[][]> {
    const { locks } = await this.register.readSteps(name);
    return locks.toSorted((left, right) => left.at.localeCompare(right.at)).map((lock) => lock.peers);
  }

  /** The functions' clock. */
  now(minutesAhead = 0): string {
    return new Date(Date.now() + this.desk.lab.aws.lambda.skippedMs + minutesAhead * 60_000).toISOString();
  }
}

export async function openReviewDesk(): Promise<ReviewDesk> {
  return new ReviewDesk(await openDesk(policy));
}
