import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { actionIds, actionStatuses } from '../lambdas/shared/contracts/action.ts';
import { closingOutcomes } from '../lambdas/shared/contracts/closing.ts';
import { databaseEngines } from '../lambdas/shared/actions/kill-sessions/session-selection.ts';
import { parseWith } from '../lambdas/shared/contracts/parse.ts';
import type { ServerSpec } from './hosts/host-world.ts';
import { ServerIdSchema } from '../lambdas/shared/contracts/signal.ts';

/** Who logs in over the connections of a peer that dials a database. */
const SessionSchema = z.strictObject({
  user: z.string(),
  application: z.optional(z.string()),
  isReplication: z._default(z.boolean(), false),
  inTransaction: z._default(z.boolean(), false),
});

const PeerSchema = z.strictObject({
  name: z.string(),
  address: z.string(),
  connections: z.int().check(z.minimum(1), z.maximum(5000)),
  direction: z.enum(['in', 'out']),
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  golden: z._default(z.boolean(), false),
  /** Whom the server's group lets in on the port: anyone, or only this peer's address. */
  allowed: z._default(z.enum(['anyone', 'address']), 'anyone'),
  /** True for a peer that is gone while the server still holds its connections. */
  zombie: z.optional(z.boolean()),
  session: z.optional(SessionSchema),
});

const UnitSchema = z.strictObject({ name: z.string(), active: z._default(z.boolean(), true) });

/** What a server is besides its connections: see hosts/machine.ts. */
const MachineSchema = z.strictObject({
  platform: z._default(z.enum(['Linux', 'Windows']), 'Linux'),
  services: z.optional(z.array(UnitSchema)),
  tasks: z.optional(z.array(UnitSchema)),
  clock: z.optional(z.strictObject({ offsetMs: z.number(), holds: z._default(z.boolean(), true) })),
  timeSources: z.optional(z.array(z.strictObject({ name: z.string(), answers: z.enum(['right', 'wrong', 'silent']) }))),
  database: z.optional(z.strictObject({ engine: z.enum(databaseEngines) })),
  nightLogins: z.optional(z.array(z.string())),
  timeZone: z.optional(z.string().check(z.regex(/^[A-Za-z]+(\/[A-Za-z_]+){0,2}$/))),
  cpuPercent: z.optional(z.int().check(z.minimum(0), z.maximum(100))),
});

const ServerSchema = z.strictObject({
  id: ServerIdSchema,
  address: z.string(),
  tags: z._default(z.record(z.string(), z.string()), {}),
  /** Letter of the availability zone. */
  zone: z.optional(z.enum(['a', 'b', 'c'])),
  interfaces: z._default(z.int().check(z.minimum(1), z.maximum(4)), 1),
  /** True for one of many: simulated also where the machine could hold it. */
  simulated: z.optional(z.boolean()),
  peers: z.array(PeerSchema),
  machine: z.optional(MachineSchema),
});

/** How clients of a service are led to its servers. */
export const frontKinds = [
  'target-groups',
  'listener-rule',
  'target-group',
  'elastic-ip',
  'route53',
  'auto-scaling',
  'rds',
  'aurora',
] as const;

/** A service with a standby, whose clients dial a front and not a server: see scenarios/README.md. */
const ServiceSchema = z.strictObject({
  name: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,20}$/)),
  front: z.enum(frontKinds),
  /** What the ids of its AWS resources are made of. */
  id: z.string().check(z.regex(/^[0-9a-f]{4}$/)),
  primary: ServerIdSchema,
  standby: ServerIdSchema,
  /** Servers that its Auto Scaling group launches where it wants more. */
  spares: z._default(z.array(ServerIdSchema), []),
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  clients: z.int().check(z.minimum(1), z.maximum(500)),
  clientAddress: z.string(),
  /** False for a standby whose port refuses everybody. */
  standbyListens: z._default(z.boolean(), true),
  /** Tags of its resources beside the service's own. */
  tags: z._default(z.record(z.string(), z.string()), {}),
});

export const ScenarioSchema = z.strictObject({
  order: z.number(),
  description: z.string(),
  mode: z._default(z.enum(['shadow', 'armed', 'off']), 'armed'),
  servers: z.array(ServerSchema),
  /** Servers that start after the event; EC2 says of each that it runs. */
  later: z._default(z.array(ServerSchema), []),
  /** Managed prefix lists with their entries. */
  prefixLists: z._default(z.record(z.string(), z.array(z.string())), {}),
  services: z._default(z.array(ServiceSchema), []),
  expect: z.strictObject({
    outcome: z.enum(closingOutcomes),
    /** State names in the order of entry; branches of a Parallel in the order they stand in the file. */
    path: z.array(z.string()),
    entries: z.partialRecord(z.enum(actionIds), z.enum(actionStatuses)),
    /** Names of the peers whose connections must all be gone; everybody else must keep every one. */
    cut: z.array(z.string()),
    maximumLatencyMs: z.optional(z.number()),
    /** Services, tasks and clocks right after the event, before anybody asks for a restore. */
    services: z.optional(z.record(z.string(), z.enum(['active', 'inactive']))),
    tasks: z.optional(z.record(z.string(), z.enum(['active', 'inactive']))),
    clockWithinMs: z.optional(z.number()),
    /** The time source that the clocks follow after the event; empty where they go on by themselves. */
    timeFrom: z.optional(z.string()),
    /** Sources that are not asked any more after the event; all others are. */
    offline: z.optional(z.array(z.string())),
    /** Client connections of a service on each of its servers right after the event. */
    clients: z.optional(z.record(z.string(), z.record(ServerIdSchema, z.int()))),
  }),
});

export type ScenarioFile = z.infer<typeof ScenarioSchema>;
export type ScenarioServer = z.infer<typeof ServerSchema>;
export type ScenarioService = z.infer<typeof ServiceSchema>;

/** A scenario ready to play. `expect` is absent for an event file of the user: then only what always holds is checked. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly mode: 'shadow' | 'armed' | 'off';
  readonly servers: readonly ScenarioServer[];
  /** Default: none. */
  readonly services?: readonly ScenarioService[];
  readonly event: unknown;
  /** What ends the scenario, where no operator asks for a restore: `end.json` beside the event. */
  readonly end?: unknown;
  /** Default: none. */
  readonly later?: readonly ScenarioServer[];
  readonly prefixLists?: Readonly<Record<string, readonly string[]>>;
  readonly expect?: ScenarioFile['expect'];
}

/** The server as the hosts' world raises it. */
export function toServerSpec({ id, address, peers, machine, simulated }: ScenarioServer): ServerSpec {
  return {
    instanceId: id,
    privateAddress: address,
    peers,
    ...(machine && { machine }),
    ...(simulated && { simulated }),
  };
}

const folder = join(import.meta.dirname, 'scenarios');

/** The policy all scenarios share. */
export const scenarioPolicyPath = join(folder, 'policy.yaml');

/** Reads all scenario folders in their order; a malformed one is an error that names path, rule and value. */
export function readScenarios(): Scenario[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'scenario.yaml')))
    .map((name) => ({ name, file: readScenarioFile(name) }))
    .sort((left, right) => left.file.order - right.file.order)
    .map(({ name, file }) => ({
      name,
      description: file.description,
      mode: file.mode,
      servers: file.servers,
      services: file.services,
      event: readEvent(name, 'event.json'),
      ...(existsSync(join(folder, name, 'end.json')) && { end: readEvent(name, 'end.json') }),
      later: file.later,
      prefixLists: file.prefixLists,
      expect: file.expect,
    }));
}

function readEvent(name: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as unknown;
}

function readScenarioFile(name: string): ScenarioFile {
  const path = join(folder, name, 'scenario.yaml');
  return parseWith(ScenarioSchema, parse(readFileSync(path, 'utf8')), path, (message) => new Error(message));
}
