import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesise, type Json } from '../synthesise.ts';

const key = resourcesOf(synthesise(), 'AWS::KMS::Key').find(({ id }) => id.includes('MessageKey'));
const statements: Json[] = key?.Properties.KeyPolicy.Statement;

describe('MessageKey', () => {
  it('lets the alarms and the bus of this account use it, and no other service', () => {
    const services = statements.filter(({ Principal }) => Principal.Service !== undefined);

    expect(services.map(({ Principal }) => Principal.Service)).toEqual([
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
    ]);
    for (const { Condition } of services) {
      expect(Condition.StringEquals['aws:SourceAccount']).toBe('123456789012');
    }
  });
});
