import * as z from 'zod/mini';
import { OrderStateSchema } from './parse-order-state.ts';

/** What a sender's editor shows beside each field. */
const descriptions: Readonly<Record<keyof z.input<typeof OrderStateSchema>, string>> = {
  order: "The order's own number",
  servers: 'Instance ids of the servers on which the database is, or from which it is reached',
  states: 'Every state an order passes, each once, the first one first',
  fromState: 'The state it had, one of `states`',
  toState: 'The state that was written, one of `states`',
  at: 'When it was written, ISO 8601 with a zone',
  database: 'Name of the database, for the person who reads the incident',
  client: 'Whose session wrote it; with an address only the sessions of that client end',
};

/** The JSON Schema of the event's `detail`, made from the one schema that also checks it. */
function makeOrderStateJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(OrderStateSchema, { io: 'input', target: 'draft-2020-12' });
  const properties = Object.entries(descriptions).map(
    ([name, description]) => [name, { description, ...(schema.properties?.[name] as object) }] as const,
  );
  return {
    title: 'Order State, detail of an event for connection-fuse',
    ...schema,
    properties: Object.fromEntries(properties),
  };
}

/** The text of `schema/order-state.schema.json`. */
export function renderOrderStateJsonSchema(): string {
  return `${JSON.stringify(makeOrderStateJsonSchema(), null, 2)}\n`;
}
