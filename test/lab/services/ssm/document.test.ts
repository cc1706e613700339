import { describe, expect, it } from 'vitest';
import { SsmService } from '../../../../lab/services/ssm/ssm-service.ts';

const name = 'ConnectionFuse-KillConnections';
const content = {
  schemaVersion: '2.2',
  parameters: { peer: { type: 'String' }, ports: { type: 'StringList' } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'kill', inputs: { runCommand: ['fuse {{peer}} {{ports}}'] } }],
};

describe('SSM documents', () => {
  const [step] = content.mainSteps;

  it.each([
    ['another schema', { ...content, schemaVersion: '1.2' }],
    [
      'look-around, which the agent cannot read',
      { ...content, parameters: { ...content.parameters, peer: { type: 'String', allowedPattern: '(?!x).*' } } },
    ],
    [
      'an ENV_VAR list',
      {
        ...content,
        parameters: { ...content.parameters, ports: { type: 'StringList', interpolationType: 'ENV_VAR' } },
      },
    ],
    ['a parameter it does not define', { ...content, parameters: {} }],
    ['an action the lab does not run', { ...content, mainSteps: [{ ...step, action: 'aws:downloadContent' }] }],
    ['no steps', { ...content, mainSteps: [] }],
  ])('are refused with %s', (_, changed) => {
    const ssm = new SsmService({ accountId: '1', runCommand: async () => await Promise.reject(new Error('no host')) });

    expect(() => ssm.addDocument(name, changed)).toThrow(`Content of document '${name}' is not valid`);
  });
});
