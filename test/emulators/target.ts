import type { Scenario, ScenarioServer } from '../../lab/scenario.ts';
import type { Clients, Environment } from './clients.ts';
import type { Stripped } from './stripped.ts';
import type { Template } from './strip-template.ts';
import type { CallSeen } from './recorder.ts';

/** An AWS with the app deployed in it: whatever stands behind it, the same checks look at it by the same SDK. */
export interface Target {
  readonly name: string;
  readonly environment: Environment;
  readonly clients: Clients;
  /** Outputs of the deployed stack. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The template as CDK wrote it, before anything was taken out of it. */
  readonly template: Template;
  /** `run`: commands sent to servers really run there. `none`: nothing runs, so nothing may be called done. */
  readonly hosts: 'run' | 'none';
  /** Calls of the functions so far, oldest first; null where nobody can listen. */
  readonly calls: readonly CallSeen[] | null;
  /** What of the template is not deployed as it stands. */
  readonly stripped: readonly Stripped[];
  /** What an id of a scenario is called there, where it is known before the scenario is played; else the id itself. */
  nameOf(id: string): string;
  /** Puts a scenario's server there, and answers the instance id it has there. */
  place(server: ScenarioServer): Promise<string>;
  /** Puts there what stands beside the servers, once these do: fronts of services, prefix lists. */
  furnish(scenario: Scenario): Promise<void>;
  /** Sends an event of an AWS service or a sensor on the bus it comes by; that of a schedule fires every schedule. */
  deliver(event: unknown): Promise<void>;
  stop(): Promise<void>;
}

/** The bus an event comes by: the default one for AWS services, the fuse's own for sensors. */
export function busOf(source: string, outputs: Readonly<Record<string, string>>): string {
  return source.startsWith('aws.') ? 'default' : (outputs['BusName'] ?? 'default');
}
