import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { actionIds, actionStatuses } from '../lambdas/shared/contracts/action.ts';
import { closingOutcomes } from '../lambdas/shared/contracts/closing.ts';
import { parseWith } from '../lambdas/shared/contracts/parse.ts';
import { ServerIdSchema } from '../lambdas/shared/contracts/signal.ts';

const PeerSchema = z.strictObject({
  name: z.string(),
  address: z.string(),
  connections: z.int().check(z.minimum(1), z.maximum(5000)),
  direction: z.enum(['in', 'out']),
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  golden: z._default(z.boolean(), false),
  /** Whom the server's group lets in on the port: anyone, or only this peer's address. */
  allowed: z._default(z.enum(['anyone', 'address']), 'anyone'),
});

const ServerSchema = z.strictObject({
  id: ServerIdSchema,
  address: z.string(),
  tags: z._default(z.record(z.string(), z.string()), {}),
  interfaces: z._default(z.int().check(z.minimum(1), z.maximum(4)), 1),
  peers: z.array(PeerSchema),
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
