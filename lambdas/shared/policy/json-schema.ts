import * as z from 'zod/mini';
import { isRecord } from '../record.ts';
import { PolicySchema, type Policy } from './policy-schema.ts';

/** What an editor shows beside each section. */
const descriptions: Readonly<Record<keyof Policy, string>> = {
  version: 'Version of this format',
  thresholds: 'Limits behind the answers; each has the default of the specification',
  agentPath: 'What the Systems Manager agent needs while its server is cut',
  services: 'Business services; a threat to core business asks for the standby',
  lifelines: 'Servers that are never cut, besides those tagged connection-fuse:lifeline',
  goldenChannels: 'Peers and ports that live on when the rest of a server is cut',
  alarms: 'Meanings of alarms by the beginning of their name; the first match counts',
  servers: 'Facts about single servers; they win over tags, but take no lifeline tag away',
  priorityClasses: 'Connections in the order in which an overload may end them, lowest first',
  shedding: 'When an overload starts and stops to end connections, and how far one round may go',
  profiles: 'What a red line stops, holds and sets right on a server of each profile',
  budgets: 'How much may be cut within a window before a person is asked',
  approvals: 'How long a person is waited for, and what happens when nobody answers',
  expiry: 'After how long a cut is undone by itself; left out, only a person undoes it',
  fleet: 'By which means the servers of one incident are cut from the network',
  borders: 'Peers that a compliance review locks out',
  exceptions: 'Servers that are not cut without further ado for a while, because somebody vouches for them',
};

/** The JSON Schema of `fuse.policy.yaml` for editors, made from the one schema that also checks it. */
export function makePolicyJsonSchema(): Record<string, unknown> {
  // `input`: what people write, so entries with a default are optional.
  const schema = z.toJSONSchema(PolicySchema, { io: 'input', target: 'draft-2020-12' });
  const properties = Object.entries(descriptions).map(([name, description]) => {
    const property: unknown = schema.properties?.[name];
    return [name, { description, ...(isRecord(property) ? property : {}) }] as const;
  });
  return { title: 'Policy of connection-fuse', ...schema, properties: Object.fromEntries(properties) };
}

/** The text of `schema/fuse.policy.schema.json`. */
export function renderPolicyJsonSchema(): string {
  return `${JSON.stringify(makePolicyJsonSchema(), null, 2)}\n`;
}
