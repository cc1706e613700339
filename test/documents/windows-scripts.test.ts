import { beforeAll, describe, expect, it } from 'vitest';
import { createPowerShellReader, windowsScripts, windowsSources } from './windows-syntax.ts';
import type { PowerShellReader } from './windows-syntax.ts';

// Nothing here was run on Windows. What can be told of a script without running it is told here.

/** Every cmdlet that may stand in a script, with the parameters it may get. */
const allowed: Readonly<Record<string, string>> = {
  'Add-Type': 'TypeDefinition',
  'ConvertFrom-Json': 'InputObject',
  'ConvertTo-Json': 'InputObject Compress Depth',
  'Disable-ScheduledTask': 'TaskName TaskPath',
  'Enable-ScheduledTask': 'TaskName TaskPath',
  'Export-ScheduledTask': 'TaskName TaskPath',
  'ForEach-Object': '',
  'Get-CimInstance': 'ClassName Filter',
  'Get-Command': 'Name',
  'Get-Date': 'Format',
  'Get-DnsClientServerAddress': '',
  'Get-FileHash': 'Algorithm LiteralPath',
  'Get-NetFirewallAddressFilter': 'AssociatedNetFirewallRule',
  'Get-NetFirewallPortFilter': 'AssociatedNetFirewallRule',
  'Get-NetFirewallProfile': 'PolicyStore',
  'Get-NetFirewallRule': 'Name DisplayName Group PolicyStore',
  'Get-Process': 'Id',
  'Get-ScheduledTask': 'TaskName TaskPath',
  'Get-Service': 'Name',
  'Get-WinEvent': 'FilterHashtable',
  'Group-Object': 'Property',
  'Import-Module': 'Name',
  'Invoke-RestMethod': 'Method Uri Headers TimeoutSec',
  'Join-Path': '',
  'Measure-Object': 'Average',
  'New-NetFirewallRule':
    'Name DisplayName Group Direction Action Enabled Profile Protocol LocalPort RemotePort RemoteAddress',
  'New-Object': '',
  'New-ScheduledTask': 'Action Trigger Principal Settings',
  'New-ScheduledTaskAction': 'Execute Argument',
  'New-ScheduledTaskPrincipal': 'UserId LogonType RunLevel',
  'New-ScheduledTaskSettingsSet': 'StartWhenAvailable MultipleInstances ExecutionTimeLimit',
  'New-ScheduledTaskTrigger': 'Once At RepetitionInterval',
  'New-TimeSpan': 'Minutes',
  'Out-Null': '',
  'Register-ScheduledTask': 'TaskPath TaskName InputObject Xml Force',
  'Remove-NetFirewallRule': 'Name',
  'Select-Object': 'First Unique',
  'Set-Date': 'Adjust',
  'Set-NetFirewallRule': 'Name Action Enabled RemoteAddress',
  'Set-StrictMode': 'Version',
  'Sort-Object': 'Property Unique Descending',
  'Split-Path': 'Parent',
  'Start-ScheduledTask': 'TaskName TaskPath',
  'Start-Sleep': 'Milliseconds',
  'Stop-ScheduledTask': 'TaskName TaskPath',
  'Stop-Service': 'Name Force NoWait',
  'Unregister-ScheduledTask': 'TaskName TaskPath Confirm',
  'Where-Object': '',
  'Write-CWMetricData': 'Namespace MetricData Region EndpointUrl',
};

/** Set by PowerShell itself; assigning to one of the others breaks what reads it. */
const automatic = new Set(['_', 'null', 'true', 'false', 'matches', 'myinvocation']);
const reserved = [
  '_',
  'true',
  'false',
  'matches',
  'myinvocation',
  'args',
  'error',
  'event',
  'host',
  'home',
  'input',
].concat(['ofs', 'pid', 'profile', 'pshome', 'pwd', 'sender', 'this']);

/** What a document changes, and the words in its undo that change it back. */
const undone: Readonly<Record<string, { readonly by: string; readonly words: readonly string[] }>> = {
  'stop-service Stop-Service': { by: 'start-service', words: ['.Start()'] },
  'hold-task Disable-ScheduledTask': { by: 'release-task', words: ['Enable-ScheduledTask -TaskName'] },
  'hold-task Unregister-ScheduledTask': { by: 'release-task', words: ['Register-ScheduledTask -Xml'] },
  'kill-connections New-NetFirewallRule': { by: 'release-connections', words: ['Remove-NetFirewallRule -Name'] },
  'kill-connections Set-NetFirewallRule': {
    by: 'release-connections',
    words: ['Set-NetFirewallRule -Name $Rule.Name -Action $action -Enabled $enabled -RemoteAddress'],
  },
  'block-connections New-NetFirewallRule': { by: 'release-connections', words: ['Remove-NetFirewallRule -Name'] },
  'block-connections Set-NetFirewallRule': {
    by: 'release-connections',
    words: ['Set-NetFirewallRule -Name $Rule.Name -Action $action -Enabled $enabled -RemoteAddress'],
  },
  'kill-connections Register-ScheduledTask': {
    by: 'release-connections',
    words: ['Unregister-ScheduledTask -TaskPath'],
  },
  'block-connections Register-ScheduledTask': {
    by: 'release-connections',
    words: ['Unregister-ScheduledTask -TaskPath'],
  },
  'install-sensor Register-ScheduledTask': { by: 'remove-sensor', words: ['Unregister-ScheduledTask -TaskPath'] },
};

/** What a document changes and nothing changes back, with the reason. */
const kept: Readonly<Record<string, string>> = {
  'hold-task Stop-ScheduledTask': 'A run that was ended cannot be taken up again; the next one comes by its trigger',
  'resync-clock Set-Date': 'The clock was set right; setting it wrong again would be no undo',
  'install-sensor Start-ScheduledTask': 'One run of the sensor changes nothing but its own notes',
  // These replace or take away rules and tasks of our own only.
  'kill-connections Remove-NetFirewallRule': 'Rules of an earlier run, after the new ones stand',
  'block-connections Remove-NetFirewallRule': 'Rules of an earlier run, after the new ones stand',
  'kill-connections Unregister-ScheduledTask': 'The timer of an earlier run',
  'block-connections Unregister-ScheduledTask': 'The timer of an earlier run',
};
const undoing = new Set(['release-connections', 'release-task', 'remove-sensor', 'start-service']);
const changing =
  /^(Stop|Start|Restart|Suspend|Resume|Disable|Enable|Set|New|Remove|Register|Unregister|Clear|Add|Rename|Move|Copy|Out|Invoke|Send|Write|Reset|Install|Uninstall)-/;
/** They have the verb of a change and change nothing of the host. */
const harmless =
  /^(Set-StrictMode|Start-Sleep|New-Object|New-TimeSpan|New-ScheduledTask.*|Out-Null|Add-Type|Invoke-RestMethod|Write-CWMetricData)$/;

const stems = Object.keys(windowsScripts);
const paths = [...stems.map((stem) => `${stem}.ps1`), 'sensor.ps1'];
const sources = Object.entries(windowsSources).map(([path, text]) => ({ path, text }));

describe('PowerShell of the Windows documents', () => {
  let reader: PowerShellReader;
  beforeAll(async () => {
    reader = await createPowerShellReader();
  });

  it('is there for every document that has a Windows half', () => {
    expect(stems).toEqual([
      'block-connections',
      'collect-state',
      'hold-task',
      'install-sensor',
      'kill-connections',
      'release-connections',
      'release-task',
      'remove-sensor',
      'resync-clock',
      'start-service',
      'stop-service',
    ]);
  });

  it('is told from what is none', () => {
    const broken = ['if ($a { }', '$a = "open', 'foreach ($a in $b) { '];

    expect(broken.filter((text) => reader.isSound(text))).toEqual([]);
  });

  it('has no fault in its syntax, file by file and as the agent gets it', () => {
    const all = [...Object.entries(windowsSources), ...Object.entries(windowsScripts)];

    expect(all.filter(([, text]) => !reader.isSound(text)).map(([name]) => name)).toEqual([]);
  });

  it.for(sources)('is ASCII in at most 300 lines of 120 in $path', ({ text }) => {
    const lines = text.split('\n');

    expect(lines.filter((line) => line.length > 120 || /[^\x20-\x7e]/.test(line))).toEqual([]);
    expect(lines.length).toBeLessThan(300);
  });

  it.for(paths)('calls nothing that is not on the list, in %s', (path) => {
    const { calls, functions } = reader.readWhole(path);
    const faults = calls.flatMap(({ name, named, values, place }) => {
      const known = allowed[name]?.split(' ');
      const strange = known === undefined ? [] : named.filter((parameter) => !known.includes(parameter));
      if (strange.length > 0) return [`${place} ${name} -${strange.join(' -')}`];
      // The one program, at its full path; and blocks that a function of ours was handed.
      if (known !== undefined || ['$w32tm', '$Look', '$Condition', '$Read'].includes(name)) return [];
      const count = functions.get(name);
      if (count === undefined) return [`${place} ${name} is unknown`];
      return named.length > 0 || values.length > count ? [`${place} ${name} takes ${count} values`] : [];
    });

    expect(faults).toEqual([]);
  });

  it.for(sources)('evaluates no text and starts no program by a name, in $path', ({ text }) => {
    expect(text).not.toMatch(/Invoke-Expression|\biex\b|Start-Process|Invoke-Command|\[scriptblock\]::/i);
    expect(text).not.toMatch(/Set-ExecutionPolicy|EncodedCommand|FromBase64String|DownloadString|cmd(\.exe)? \/c/i);
    // The agent is reached by that very adapter.
    expect(text).not.toMatch(/Disable-NetAdapter/i);
  });

  it.for(paths)('reads no variable that is never set, and sets none of PowerShell itself, in %s', (path) => {
    const { read, assigned } = reader.readWhole(path);

    // Under strict mode a misspelt name ends the script, midway.
    expect([...read].filter((name) => !assigned.has(name) && !automatic.has(name))).toEqual([]);
    expect(reserved.filter((name) => assigned.has(name))).toEqual([]);
  });

  it.for(sources)('counts only what is surely a list, and compares with nothing on the left, in $path', ({ text }) => {
    const { bracketMembers } = reader.read(text);

    // Under strict mode a single thing has no Count; `-eq $null` filters a list instead of comparing it.
    expect(bracketMembers.filter((member) => member.endsWith('.Count'))).toEqual([]);
    expect(text).not.toMatch(/-[ci]?(eq|ne) \$null/);
  });

  it.for(stems)('names itself, and ends with a verdict and an exit code, in %s', (stem) => {
    const lines = (windowsScripts[stem] ?? '').trimEnd().split('\n');
    const last = lines.slice(-2);

    expect(lines.filter((line) => line.startsWith('$document = '))).toEqual([`$document = '${stem}'`]);
    expect(last[1] === 'Complete-Document' ? [] : last).toEqual(
      last[1] === 'Complete-Document' ? [] : ['Write-Verdict $true', 'exit 0'],
    );
    expect(lines.filter((line) => line === 'trap { Stop-Document 70 $_.Exception.Message }').length).toBe(1);
  });

  it.for(stems)('reads its parameters, looks and locks before it changes anything, in %s', (stem) => {
    // The sensor that is installed stands in a text of its own.
    const script = (windowsScripts[stem] ?? '').replace(/@'\n[^]*?\n'@/g, '');
    const main = script.split('\n').filter((line) => /^[A-Z]/.test(line) && !line.startsWith('Set-StrictMode'));
    const steps = ['Read-CommonParameter', 'Confirm-Ready', 'Open-StateDirectory'].map((start) =>
      main.findIndex((line) => line.startsWith(start)),
    );

    expect(steps[0]).toBe(0);
    expect(steps.toSorted((a, b) => a - b)).toEqual(steps);
  });

  it.for(stems)('changes nothing that is not changed back, or kept for a reason, in %s', (stem) => {
    const { calls } = reader.readWhole(`${stem}.ps1`);
    const used = [...new Set(calls.map(({ name }) => name))].filter((name) => name in allowed);
    const changes = undoing.has(stem) ? [] : used.filter((name) => changing.test(name) && !harmless.test(name));
    const open = changes.filter((name) => {
      const { by, words } = undone[`${stem} ${name}`] ?? { by: '', words: [] };
      const undo = windowsScripts[by];
      const isUndone = undo !== undefined && words.every((word) => undo.includes(word));
      return !isUndone && kept[`${stem} ${name}`] === undefined;
    });

    expect(open).toEqual([]);
  });

  it('says of nothing that it is changed back or kept which no document changes', () => {
    const stale = [...Object.keys(undone), ...Object.keys(kept)].filter((key) => {
      const [stem, call] = key.split(' ');
      return !reader.readWhole(`${stem}.ps1`).calls.some(({ name }) => name === call);
    });

    expect(stale).toEqual([]);
  });
});
