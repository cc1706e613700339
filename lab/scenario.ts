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
  database: z.optional(z.strictObject({ engine: z.enum(databaseEngines) })),
  cpuPercent: z.optional(z.int().check(z.minimum(0), z.maximum(100))),
});

const ServerSchema = z.strictObject({
  id: ServerIdSchema,
  address: z.string(),
  tags: z._default(z.record(z.string(), z.string()), {}),
  interfaces: z._default(z.int().check(z.minimum(1), z.maximum(4)), 1),
  peers: z.array(PeerSchema),
  machine: z.optional(MachineSchema),
});

export const ScenarioSchema = z.strictObject({
  order: z.number(),
  description: z.string(),
  mode: z._default(z.enum(['shadow', 'armed', 'off']), 'armed'),
  servers: z.array(ServerSchema),
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
  }),
});

export type ScenarioFile = z.infer<typeof ScenarioSchema>;
export type ScenarioServer = z.infer<typeof ServerSchema>;

/** A scenario ready to play. `expect` is absent for an event file of the user: then only what always holds is checked. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly mode: 'shadow' | 'armed' | 'off';
  readonly servers: readonly ScenarioServer[];
  readonly event: unknown;
  readonly expect?: ScenarioFile['expect'];
}

/** The server as the hosts' world raises it. */
export function toServerSpec({ id, address, peers, machine }: ScenarioServer): ServerSpec {
  return { instanceId: id, privateAddress: address, peers, ...(machine && { machine }) };
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
      event: JSON.parse(readFileSync(join(folder, name, 'event.json'), 'utf8')) as unknown,
      expect: file.expect,
    }));
}

function readScenarioFile(name: string): ScenarioFile {
  const path = join(folder, name, 'scenario.yaml');
  return parseWith(ScenarioSchema, parse(readFileSync(path, 'utf8')), path, (message) => new Error(message));
}
