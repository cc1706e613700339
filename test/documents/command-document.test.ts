import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CommandDocumentError, commandDocument } from '../../documents/command-document.ts';
import type { CommandDocumentProps } from '../../documents/command-document.ts';
import { killConnections, killConnectionsScript } from '../../documents/kill-connections.ts';
import { releaseConnections, releaseConnectionsScript } from '../../documents/release-connections.ts';

const incident = { description: 'Incident', allowedPattern: '^[a-z]+$', minChars: 1, maxChars: 9 };
const valid = {
  description: 'A test',
  parameters: { incident },
  script: '#!/bin/bash\necho "$SSM_incident"\n',
  timeoutSeconds: 20,
  stepName: 'test',
};

describe('commandDocument', () => {
  it('builds one Linux shell step whose parameters become environment variables', () => {
    expect(commandDocument(valid)).toEqual({
      schemaVersion: '2.2',
      description: 'A test',
      parameters: { incident: { ...incident, type: 'String', interpolationType: 'ENV_VAR' } },
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name: 'test',
          precondition: { StringEquals: ['platformType', 'Linux'] },
          inputs: { timeoutSeconds: '20', runCommand: ['#!/bin/bash', 'echo "$SSM_incident"'] },
        },
      ],
    });
  });

  it.for<{ readonly why: string; readonly change: Partial<CommandDocumentProps> }>([
    { why: 'no shebang', change: { script: 'echo' } },
    { why: 'another shell', change: { script: '#!/bin/sh\necho' } },
    { why: 'text the agent would substitute', change: { script: '#!/bin/bash\necho {{ incident }}' } },
    { why: 'a name no shell variable can carry', change: { parameters: { 'in-cident': incident } } },
    { why: 'an open pattern', change: { parameters: { incident: { ...incident, allowedPattern: '[a-z]+' } } } },
    { why: 'look-around', change: { parameters: { incident: { ...incident, allowedPattern: '^(?!a)b$' } } } },
    { why: 'a back-reference', change: { parameters: { incident: { ...incident, allowedPattern: '^(a)\\1$' } } } },
    { why: 'a default its pattern refuses', change: { parameters: { incident: { ...incident, default: '1' } } } },
  ])('refuses $why', ({ change }) => {
    expect(() => commandDocument({ ...valid, ...change })).toThrow(CommandDocumentError);
  });
});

describe.for([
  { name: 'kill-connections', content: killConnections, script: killConnectionsScript },
  { name: 'release-connections', content: releaseConnections, script: releaseConnectionsScript },
])('the document $name', ({ content, script }) => {
  it('hands every parameter over as an environment variable', () => {
    const kinds = Object.values(content.parameters).map(
      ({ type, interpolationType }) => `${type} ${interpolationType}`,
    );

    expect(new Set(kinds)).toEqual(new Set(['String ENV_VAR']));
  });

  it('reads no variable of the environment but its own parameters and the directory of its notes', () => {
    const read = new Set([...script.matchAll(/\$\{?((?:SSM|CF)_\w+)/g)].map(([, variable]) => variable));
    const declared = Object.keys(content.parameters).map((parameter) => `SSM_${parameter}`);

    expect(read).toEqual(new Set(['CF_STATE_DIR', ...declared]));
  });

  it('fits into a document of 64 KB, is one script, and joins to what was read', () => {
    const { runCommand } = content.mainSteps[0].inputs;

    expect(JSON.stringify(content).length).toBeLessThan(64 * 1024);
    expect(runCommand[0]).toBe('#!/bin/bash');
    expect(runCommand.join('\n')).toBe(script.trimEnd());
    expect(runCommand.filter((line) => line.startsWith('source '))).toEqual([]);
  });

  it.skipIf(spawnSync('shellcheck', ['--version']).status !== 0)('passes shellcheck', () => {
    const { stdout } = spawnSync('shellcheck', ['-s', 'bash', '-'], { input: script, encoding: 'utf8' });

    expect(stdout).toBe('');
  });
});
