import { setTimeout as sleep } from 'node:timers/promises';
import type { ScenarioServer } from '../../lab/scenario.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Bench, Findings } from './bench.ts';
import { readNetworks, setMode } from './play-scenario.ts';
import type { Networks } from './play-scenario.ts';
import { changesIn } from './find-calls.ts';
import { isHostWork } from './find-entries.ts';
import { askedTag } from './synthesise-app.ts';

type Answer = Readonly<Record<string, unknown>>;

/** How long a cut may take after somebody agreed. */
const answerSeconds = 60;

/** A fresh deployment, before anybody touches it: it stands whole, and changes nothing. */
export async function checkFresh(bench: Bench): Promise<void> {
  await bench.check('deployment: the stack has its outputs', () =>
    ['TableName', 'RespondStateMachineArn', 'RestoreStateMachineArn', 'BusName', 'DeadLetterQueueUrl'].flatMap((key) =>
      expectThat((bench.target.outputs[key] ?? '') !== '', `Output "${key}" is missing`),
    ),
  );
  await bench.check('deployment: a fresh fuse is in shadow mode', async () => {
    const { stdout, stderr } = await bench.fuse('mode', '--json');
    return expectSame(`Mode (${stderr.trim()})`, parse(stdout)['mode'], 'shadow');
  });
  const trip = await tripOne(bench, 1, {});
  await bench.check('deployment: a fresh fuse that is started by hand changes nothing', async () => [
    ...expectSame('Network', await readNetworks(bench, [trip.server]), trip.before),
    ...expectSame('Changing calls', changesIn(trip.calls), []),
    ...expectThat(trip.incidentId !== '', `Nothing is on record: ${trip.words}`),
  ]);
}

/** Started, restored and asked by the `fuse` command, as people do. */
export async function checkCommands(bench: Bench): Promise<void> {
  await setMode(bench, 'armed');
  await checkTrip(bench);
  await checkApproval(bench, 3, 'approve');
  await checkApproval(bench, 4, 'decline');
  await bench.check('command: fuse audit verify finds every record whole', async () => {
    const { status, stdout, stderr } = await bench.fuse('audit', 'verify');
    return expectThat(status === 0 && stdout !== '', `Status ${status}: ${stdout.slice(-500)} ${stderr.slice(-500)}`);
  });
}

async function checkTrip(bench: Bench): Promise<void> {
  const trip = await tripOne(bench, 2, {});
  await bench.check('command: fuse trip isolates the server', async () =>
    findUncut(await readNetworks(bench, [trip.server]), trip.words),
  );
  await bench.check(
    'command: fuse restore brings the server back exactly',
    async () => await findUnrestored(bench, trip),
  );
}

/** The task token: one server waits for a person, and the person answers. */
async function checkApproval(bench: Bench, number: number, verb: 'approve' | 'decline'): Promise<void> {
  const trip = await tripOne(bench, number, { [askedTag.key]: askedTag.value });
  await bench.check(`approval: nothing is cut before the answer (${verb})`, async () => [
    ...expectSame(`Outcome (${trip.words})`, trip.outcome, 'awaiting-approval'),
    ...expectSame('Network', await readNetworks(bench, [trip.server]), trip.before),
    ...expectSame('Changing calls', changesIn(trip.calls), []),
  ]);
  await bench.check(`approval: fuse approvals lists the question (${verb})`, async () => {
    const { stdout, stderr } = await bench.fuse('approvals', '--json');
    // Scenarios may have asked questions of their own.
    const questions = stdout.trim().split('\n').map(parse);
    const { servers } = questions.find(({ incidentId }) => incidentId === trip.incidentId) ?? {};
    return expectSame(`Servers in question (${stderr.trim()})`, servers, [trip.server]);
  });
  const title = verb === 'approve' ? 'fuse approve cuts the server' : 'fuse decline leaves the server alone';
  await bench.check(`approval: ${title}`, async () => {
    const { status, stdout, stderr } = await bench.fuse(verb, trip.incidentId, '--reason', 'acceptance');
    if (status !== 0) return [`Status ${status}: ${stdout} ${stderr}`];
    const closed = await awaitClosing(bench, trip.incidentId);
    const networks = await readNetworks(bench, [trip.server]);
    return [
      ...expectThat(closed !== undefined, `The cohort is not closed after ${answerSeconds} s`),
      ...(verb === 'approve'
        ? findUncut(networks, String(closed?.['summary']))
        : [...expectSame('Network', networks, trip.before), ...expectSame('Outcome', closed?.['outcome'], 'declined')]),
    ];
  });
  if (verb === 'approve') {
    await bench.check('approval: what was approved is restored exactly', async () => await findUnrestored(bench, trip));
  }
}

/**
 * Where no command runs on hosts, what was sent to them cannot be undone: the command must say so, and the network is back
 * all the same. What was never sent there needs no undoing.
 */
async function findUnrestored(bench: Bench, { incidentId, server, before }: Tripped): Promise<Findings> {
  const items = await bench.audit.readIncident(incidentId);
  const { status, stdout, stderr } = await bench.fuse('restore', incidentId, '--reason', 'end of the test');
  const wanted = bench.target.hosts === 'run' || !items.some(isHostWork) ? 0 : 1;
  return [
    ...expectSame(`Status of the command (${stdout} ${stderr})`, status, wanted),
    ...expectSame('Network', await readNetworks(bench, [server]), before),
  ];
}

interface Tripped {
  readonly server: string;
  readonly before: Networks;
  readonly incidentId: string;
  readonly outcome: unknown;
  readonly calls: ReturnType<Bench['callsSince']>;
  /** All the command said, for who has to find out why. */
  readonly words: string;
}

/** Places a server and starts the fuse by hand for it. */
async function tripOne(bench: Bench, number: number, tags: Readonly<Record<string, string>>): Promise<Tripped> {
  const server = await bench.target.place(toServer(number, tags));
  const before = await readNetworks(bench, [server]);
  const from = bench.callCount;
  const args = ['--server', server, '--kind', 'command-and-control', '--reason', 'acceptance', '--json'];
  const { stdout, stderr } = await bench.fuse('trip', ...args);
  const answer = parse(stdout);
  const [incidentId = ''] = await bench.audit.listIncidentsOf(server);
  const words = `${stdout} ${stderr}`.trim().slice(-1000);
  return { server, before, incidentId, outcome: answer['outcome'], calls: bench.callsSince(from), words };
}

function toServer(number: number, tags: Readonly<Record<string, string>>): ScenarioServer {
  const peer = { name: 'customers', address: '198.51.100.90', connections: 3, port: 8443, golden: false } as const;
  return {
    id: `i-0e${String(number).padStart(15, '0')}`,
    address: `10.0.200.${number * 10}`,
    tags: { ...tags },
    interfaces: 2,
    peers: [{ ...peer, direction: 'in', allowed: 'anyone' }],
  };
}

async function awaitClosing({ audit }: Bench, incidentId: string): Promise<AuditItem | undefined> {
  for (let tries = 0; tries < answerSeconds * 4; tries += 1) {
    const items = await audit.readIncident(incidentId);
    const closed = items.find(({ sk }) => sk === auditKeys.closedCohort('c1'));
    if (closed !== undefined) return closed;
    await sleep(250);
  }
  return undefined;
}

function findUncut(networks: Networks, words: string): Findings {
  const cards = networks.flat();
  const open = cards.filter(({ groups }) => !groups.every(({ role }) => role !== null && role !== ''));
  return [
    ...expectSame('Number of interfaces', cards.length, 2),
    ...open.map(({ id }) => `${id} is in a group that is not of the fuse (${words})`),
  ];
}

function parse(stdout: string): Answer {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer;
  } catch {
    return {};
  }
}
