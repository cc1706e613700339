import { describe, expect, it } from 'vitest';
import { SsmService } from '../../../lab/services/ssm/ssm-service.ts';
import { toAssociation } from '../../../lab/template/deploy-associations.ts';

const properties = {
  Name: 'Fuse-Install',
  AssociationName: 'fuse-sensor',
  Targets: [{ Key: 'tag:connection-fuse:sensor', Values: ['on'] }],
  Parameters: { incident: ['host-sensor'] },
  ScheduleExpression: 'rate(1 day)',
};

function deploy(given: Readonly<Record<string, unknown>>): SsmService {
  const ssm = new SsmService({ accountId: '123456789012', runCommand: async () => await Promise.reject(new Error()) });
  ssm.addDocument('Fuse-Install', {
    schemaVersion: '2.2',
    parameters: { incident: { type: 'String', allowedPattern: '^[a-z-]+$' } },
    mainSteps: [{ action: 'aws:runShellScript', name: 'a', inputs: { runCommand: ['true'] } }],
  });
  const type = 'AWS::SSM::Association';
  ssm.addAssociation(
    toAssociation({ logicalId: 'Install', type, properties: given, identity: { ref: 'a', attributes: {} } }),
  );
  return ssm;
}

describe('an association of the template', () => {
  it('is kept with its document, targets and parameters', () => {
    expect(deploy(properties).associations).toEqual([
      {
        name: 'Fuse-Install',
        associationName: 'fuse-sensor',
        targets: [{ key: 'tag:connection-fuse:sensor', values: ['on'] }],
        parameters: { incident: ['host-sensor'] },
        scheduleExpression: 'rate(1 day)',
      },
    ]);
  });

  it.each([
    ['a property the lab does not know', { MaxConcurrency: '10%' }, "property 'MaxConcurrency'"],
    ['a document that is not there', { Name: 'Fuse-Other' }, 'Fuse-Other does not exist'],
    ['a parameter that is missing', { Parameters: {} }, "'incident' is required"],
    ['a parameter that is none', { Parameters: { ...properties.Parameters, other: ['x'] } }, "'other' is not defined"],
    ['a value that the document refuses', { Parameters: { incident: ['A B'] } }, "does not take the value 'A B'"],
    ['no target', { Targets: [] }, '1 to 5 targets by tag'],
    ['every server', { Targets: [{ Key: 'InstanceIds', Values: ['*'] }] }, '1 to 5 targets by tag'],
    ['a schedule of every minute', { ScheduleExpression: 'rate(1 minute)' }, 'is not valid'],
    ['a name with blanks', { AssociationName: 'fuse sensor' }, 'AssociationName'],
  ])('is refused with %s', (_what, changes, message) => {
    expect(() => deploy({ ...properties, ...changes })).toThrow(message);
  });
});
