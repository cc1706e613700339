import { describe, expect, it } from 'vitest';
import { CommandDocumentError, commandDocument, readScript } from '../../documents/command-document.ts';
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
const windowsScript = "Set-StrictMode -Version Latest\n$ErrorActionPreference = 'Stop'\nexit 0\n";
const linuxStep = {
  action: 'aws:runShellScript',
  name: 'test',
  precondition: { StringEquals: ['platformType', 'Linux'] },
  inputs: { timeoutSeconds: '20', runCommand: ['#!/bin/bash', 'echo "$SSM_incident"'] },
};
const windowsStep = {
  action: 'aws:runPowerShellScript',
  name: 'testOnWindows',
  precondition: { StringEquals: ['platformType', 'Windows'] },
  inputs: {
    timeoutSeconds: '20',
    runCommand: ['Set-StrictMode -Version Latest', "$ErrorActionPreference = 'Stop'", 'exit 0'],
  },
};

describe('commandDocument', () => {
  it('builds one Linux shell step whose parameters become environment variables', () => {
    expect(commandDocument(valid)).toEqual({
      schemaVersion: '2.2',
      description: 'A test',
      parameters: { incident: { ...incident, type: 'String', interpolationType: 'ENV_VAR' } },
      mainSteps: [linuxStep],
    });
  });

  it('adds a step for Windows, and builds one for Windows alone', () => {
    const both = commandDocument({ ...valid, windowsScript });
    const alone = commandDocument({ ...valid, script: undefined, windowsScript });

    expect(both.mainSteps).toEqual([linuxStep, windowsStep]);
    expect(alone.mainSteps).toEqual([windowsStep]);
  });

  it.for<{ readonly why: string; readonly change: Partial<CommandDocumentProps> }>([
    { why: 'no shebang', change: { script: 'echo' } },
    { why: 'another shell', change: { script: '#!/bin/sh\necho' } },
    { why: 'text the agent would substitute', change: { script: '#!/bin/bash\necho {{ incident }}' } },
    { why: 'a name no shell variable can carry', change: { parameters: { 'in-cident': incident } } },
    { why: 'an open pattern', change: { parameters: { incident: { ...incident, allowedPattern: '[a-z]+' } } } },
    { why: 'look-around', change: { parameters: { incident: { ...incident, allowedPattern: '^(?!a)b$' } } } },
    { why: 'a back-reference', change: { parameters: { incident: { ...incident, allowedPattern: '^(a)\\1$' } } } },
    { why: 'no script at all', change: { script: undefined } },
    {
      why: 'PowerShell with text the agent would substitute',
      change: { windowsScript: `${windowsScript}# {{ incident }}\n` },
    },
    { why: 'PowerShell that is not ASCII', change: { windowsScript: `${windowsScript}'\u2019'\n` } },
    { why: 'PowerShell with carriage returns', change: { windowsScript: windowsScript.replaceAll('\n', '\r\n') } },
    {
      why: 'PowerShell that goes on after an error',
      change: { windowsScript: windowsScript.replace('Stop', 'Continue') },
    },
    { why: 'PowerShell that is not strict', change: { windowsScript: windowsScript.replace('Latest', '1') } },
    { why: 'a default its pattern refuses', change: { parameters: { incident: { ...incident, default: '1' } } } },
  ])('refuses $why', ({ change }) => {
    expect(() => commandDocument({ ...valid, ...change })).toThrow(CommandDocumentError);
  });
});

describe('readScript', () => {
  it('puts the parts of a script in the place of the lines that source them', () => {
    const linux = readScript('linux/release-connections.sh');
    const windows = readScript('windows/release-connections.ps1');

    expect(linux.split('\n').filter((line) => /^(source |# shellcheck source=)/.test(line))).toEqual([]);
    expect(linux).toContain('read_common_parameters() {');
    expect(windows.split('\n').filter((line) => line.startsWith('. "'))).toEqual([]);
    expect(windows).toContain('function Read-CommonParameter {');
  });

  it('leaves comments out, but what the linter is told', () => {
    const comments = (path: string) => readScript(path).match(/^ *(#|\/\/)(?!!).*/gm) ?? [];

    expect(comments('linux/release-connections.sh').length).toBeGreaterThan(0);
    expect(comments('linux/release-connections.sh').filter((line) => !line.includes('# shellcheck '))).toEqual([]);
    expect(comments('windows/kill-connections.ps1')).toEqual([]);
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
});
