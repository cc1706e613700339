import { dirname, join } from 'node:path';
import type { MachineSpec } from '../../lab/hosts/machine.ts';
import { createClients } from './clients.ts';
import type { Environment } from './clients.ts';
import { installEmulators } from './install-emulators.ts';
import { fillMotoGaps } from './moto-gaps.ts';
import { startRecorder } from './recorder.ts';
import type { CallSeen } from './recorder.ts';
import { findFreePort, startServer } from './start-server.ts';
import type { Server } from './start-server.ts';

/** A pair of ministack and moto, or whatever endpoints the environment names in their place. */
export interface Emulators {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  /** Leads clients and the `fuse` command there. */
  readonly environment: Environment;
  /** Leads the CDK there: its bootstrap parameters and its stack lie in one place. */
  readonly deployEnvironment: Environment;
  /** What the instances are to be told as; whoever runs one adds it. */
  readonly machines: Map<string, MachineSpec>;
  /** What the functions called; null for endpoints that somebody else started. */
  readonly calls: readonly CallSeen[] | null;
  stop(): Promise<void>;
}

const region = process.env['FUSE_ACCEPTANCE_REGION'] ?? 'us-east-1';
const accountId = process.env['FUSE_ACCEPTANCE_ACCOUNT'] ?? '123456789012';

/** The services whose half moto is: ministack has no interfaces that change groups, and runs no commands. */
const halves = ['EC2', 'SSM', 'ELASTIC_LOAD_BALANCING_V2', 'ROUTE_53'] as const;

/** Starts both emulators on free loopback ports, or goes to `FUSE_ACCEPTANCE_ENDPOINT` when that is set. */
export async function startEmulators(tell: (line: string) => void): Promise<Emulators> {
  const endpoint = process.env['FUSE_ACCEPTANCE_ENDPOINT'];
  if (endpoint !== undefined) return useEndpoint(endpoint);
  const programs = await installEmulators(tell);
  const calls: CallSeen[] = [];
  const stops: (() => Promise<void>)[] = [];
  const keep = <Thing extends { stop(): Promise<void> }>(thing: Thing): Thing => {
    stops.unshift(async () => await thing.stop());
    return thing;
  };
  const stop = async () => {
    for (const one of stops) await one();
  };
  try {
    const moto = keep(await startMoto(programs));
    const port = await findFreePort();
    const table = keep(await startRecorder('dynamodb', `http://127.0.0.1:${port}`, calls));
    const clients = createClients({ ...toEnvironment(moto.url), ...toHalves(moto.url) });
    const machines = new Map<string, MachineSpec>();
    const half = keep(await startRecorder('moto', moto.url, calls, fillMotoGaps({ ...clients, machines })));
    const forFunctions = { AWS_ENDPOINT_URL_DYNAMODB: table.url, ...toHalves(half.url) };
    const ministack = keep(await startMinistack(programs, port, { takesAwsEvents: true, forFunctions }));
    const deployEnvironment = toEnvironment(ministack.url);
    const environment = { ...deployEnvironment, ...toHalves(moto.url) };
    return { name: 'ministack+moto', accountId, region, environment, deployEnvironment, calls, machines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a moto server; its account is the one of the suite. */
export async function startMoto(programs: string): Promise<Server> {
  const port = await findFreePort();
  return await startServer({
    command: join(programs, 'moto_server'),
    args: ['-H', '127.0.0.1', '-p', String(port)],
    environment: { MOTO_ACCOUNT_ID: accountId },
    port,
    healthPath: '/moto-api/data.json',
  });
}

/** Starts ministack. Functions inherit the endpoints that `forFunctions` names. */
export async function startMinistack(programs: string, port: number, props: MinistackProps): Promise<Server> {
  const { takesAwsEvents, forFunctions = {} } = props;
  return await startServer({
    command: join(programs, takesAwsEvents ? 'python' : 'ministack'),
    args: takesAwsEvents ? [join(import.meta.dirname, 'ministack_with_aws_events.py')] : [],
    environment: {
      // Its functions run on the first `node` of the path: the one that runs this.
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: 'localhost',
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: accountId,
      LAMBDA_EXECUTOR: 'local',
      IOT_MTLS_ENABLED: '0',
      ...forFunctions,
    },
    port,
    healthPath: '/_ministack/health',
  });
}

export interface MinistackProps {
  /** Whether PutEvents takes events of AWS services: see `ministack_with_aws_events.py`. */
  readonly takesAwsEvents: boolean;
  /** Endpoints of functions. Default: ministack itself for everything. */
  readonly forFunctions?: Environment;
}

/** The access key is the account: both emulators read a key of twelve digits so. */
export function toEnvironment(url: string): Environment {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: accountId,
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function toHalves(url: string): Environment {
  return Object.fromEntries(halves.map((service) => [`AWS_ENDPOINT_URL_${service}`, url]));
}

/**
 * Endpoints somebody else started: variables of AWS are passed on as they are, those of single services
 * (`AWS_ENDPOINT_URL_EC2` …) to clients only, since bootstrap and stack belong in one place.
 */
function useEndpoint(endpoint: string): Emulators {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith('AWS_') && entry[1] !== undefined,
  );
  const environment = { ...toEnvironment(endpoint), ...Object.fromEntries(own), AWS_ENDPOINT_URL: endpoint };
  const shared = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL_'));
  const deployEnvironment = { ...Object.fromEntries(shared), AWS_ENDPOINT_URL_S3: endpoint };
  return {
    name: process.env['FUSE_ACCEPTANCE_NAME'] ?? endpoint,
    accountId,
    region,
    environment,
    deployEnvironment,
    machines: new Map(),
    calls: null,
    stop: async () => await Promise.resolve(),
  };
}
