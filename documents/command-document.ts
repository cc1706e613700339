import { readFileSync } from 'node:fs';

/** One parameter of a command document. Every one is a String: the agent hands it over as `SSM_<name>`. */
export interface CommandParameter {
  readonly description: string;
  /** Checked by Java's engine at the API and by RE2 on the agent: keep to what both know. */
  readonly allowedPattern: string;
  readonly minChars: number;
  readonly maxChars: number;
  /** Default: none, the parameter must be given. */
  readonly default?: string;
}

/** Parameters by name. */
export type CommandParameters = Readonly<Record<string, CommandParameter>>;

/** What a command document is made of: a script for one platform, or one for each. */
export interface CommandDocumentProps {
  readonly description: string;
  readonly parameters: CommandParameters;
  /** The whole Bash script, its first line `#!/bin/bash`. Default: none, nothing runs on Linux. */
  readonly script?: string | undefined;
  /** The whole script for Windows PowerShell 5.1, in ASCII. Default: none, nothing runs on Windows. */
  readonly windowsScript?: string | undefined;
  /** When the agent kills the script's process group; later than the longest deadline of the script itself. */
  readonly timeoutSeconds: number;
  /** Name of the Linux step, in camel case; the one for Windows ends in `OnWindows`. */
  readonly stepName: string;
}

/** One step: a script, and the platform it is for. The agent skips it on any other and reports Success. */
interface CommandStep<Action extends string, Platform extends string> {
  readonly action: Action;
  readonly name: string;
  readonly precondition: { readonly StringEquals: readonly ['platformType', Platform] };
  readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
}
/** The step that a Linux host runs with bash. */
export type LinuxStep = CommandStep<'aws:runShellScript', 'Linux'>;
/** The step that a Windows host runs with Windows PowerShell. */
export type WindowsStep = CommandStep<'aws:runPowerShellScript', 'Windows'>;

/** The content of an SSM document of schema 2.2 with one step for each platform it knows, Linux first. */
export interface CommandDocumentContent {
  readonly schemaVersion: '2.2';
  readonly description: string;
  readonly parameters: Readonly<Record<string, CommandParameter & { type: 'String'; interpolationType: 'ENV_VAR' }>>;
  readonly mainSteps: readonly [LinuxStep] | readonly [WindowsStep] | readonly [LinuxStep, WindowsStep];
}

/** Thrown when a script or a parameter could not be delivered safely. */
export class CommandDocumentError extends Error {
  override readonly name = 'CommandDocumentError';
}

/** Builds the document's content; refuses a script that the agent would not run as meant, or would interpolate. */
export function commandDocument(props: CommandDocumentProps): CommandDocumentContent {
  return {
    schemaVersion: '2.2',
    description: props.description,
    parameters: Object.fromEntries(
      Object.entries(props.parameters).map(([name, parameter]) => [name, declareParameter(name, parameter)]),
    ),
    mainSteps: declareSteps(props),
  };
}

function declareSteps(props: CommandDocumentProps): CommandDocumentContent['mainSteps'] {
  const { script, windowsScript, stepName } = props;
  const timeoutSeconds = String(props.timeoutSeconds);
  const linux: readonly LinuxStep[] = [script ?? []].flat().map((text) => ({
    action: 'aws:runShellScript',
    name: stepName,
    // Without it the agent skips a step that does not fit the platform, and reports Success.
    precondition: { StringEquals: ['platformType', 'Linux'] },
    inputs: { timeoutSeconds, runCommand: toBashLines(text) },
  }));
  const windows: readonly WindowsStep[] = [windowsScript ?? []].flat().map((text) => ({
    action: 'aws:runPowerShellScript',
    name: `${stepName}OnWindows`,
    precondition: { StringEquals: ['platformType', 'Windows'] },
    inputs: { timeoutSeconds, runCommand: toPowerShellLines(text) },
  }));
  const [first] = linux;
  const [last] = windows;
  if (first !== undefined) return last === undefined ? [first] : [first, last];
  if (last !== undefined) return [last];
  throw new CommandDocumentError(`Cannot build a document "${stepName}" without a script: wanted one at least`);
}

function toBashLines(script: string): readonly string[] {
  refuseSubstitution(script);
  const lines = script.trimEnd().split('\n');
  // The agent joins the lines and starts the file with `sh -c`: only a first-line shebang makes it bash.
  if (lines[0] === '#!/bin/bash') return lines;
  throw new CommandDocumentError(
    `Cannot build a document from a script that starts with "${lines[0]}": wanted "#!/bin/bash"`,
  );
}

function toPowerShellLines(script: string): readonly string[] {
  refuseSubstitution(script);
  const stray = /[^\n\x20-\x7e]/.exec(script)?.[0];
  // Windows PowerShell reads a file without a byte order mark in the host's own code page.
  if (stray !== undefined) {
    throw new CommandDocumentError(`Cannot build a document from a PowerShell script with "${stray}": wanted ASCII`);
  }
  const lines = script.trimEnd().split('\n');
  // Without them PowerShell goes on after an error, and with a misspelt name: a half-done cut would look like a whole.
  for (const wanted of ["$ErrorActionPreference = 'Stop'", 'Set-StrictMode -Version Latest']) {
    if (lines.includes(wanted)) continue;
    throw new CommandDocumentError(`Cannot build a document from a PowerShell script without the line "${wanted}"`);
  }
  return lines;
}

function refuseSubstitution(script: string): void {
  if (!script.includes('{{')) return;
  throw new CommandDocumentError('Cannot build a document from a script with "{{": the agent would substitute it');
}

/** Reads a script below `documents/` and puts each part it sources in the place of the sourcing line. */
export function readScript(path: string): string {
  const url = new URL(path, import.meta.url);
  const text = readFileSync(url, 'utf8');
  const isPowerShell = path.endsWith('.ps1');
  const sourcing = isPowerShell
    ? /^\. "\$PSScriptRoot\/(\S+\.ps1)"\n/gm
    : /^(?:# shellcheck source.*\n)*source (\S+\.sh)\n/gm;
  const whole = text.replace(sourcing, (_line, part: string) =>
    // The part's shebang is for editors and linters; inside the whole it would be a stray comment.
    readFileSync(new URL(part, url), 'utf8').replace(/^#!.*\n/, ''),
  );
  return whole.replace(isPowerShell ? powerShellPadding : shellPadding, '');
}

// Lines that hold a comment alone, and empty ones. A document and the values of its parameters share 64 KB, and a
// template with all of them one megabyte. No text inside our scripts hangs on such a line.
const powerShellPadding = /^ *(#|\/\/).*\n|^\n/gm;
const shellPadding = /^[ \t]*# (?!shellcheck ).*\n|^\n/gm;

function declareParameter(
  name: string,
  parameter: CommandParameter,
): CommandParameter & { type: 'String'; interpolationType: 'ENV_VAR' } {
  // A hyphen is no part of a shell variable's name.
  if (!/^[a-zA-Z]\w*$/.test(name)) {
    throw new CommandDocumentError(`Cannot declare parameter "${name}": wanted a name a shell variable can carry`);
  }
  const { allowedPattern, default: initial } = parameter;
  if (!allowedPattern.startsWith('^') || !allowedPattern.endsWith('$') || /\(\?|\\[1-9zZbB]/.test(allowedPattern)) {
    throw new CommandDocumentError(
      `Cannot declare parameter "${name}" with pattern "${allowedPattern}": wanted ^...$ without (?, back-references`,
    );
  }
  if (initial !== undefined && !new RegExp(allowedPattern).test(initial)) {
    throw new CommandDocumentError(
      `Cannot declare parameter "${name}" with default "${initial}": its pattern refuses it`,
    );
  }
  return { type: 'String', interpolationType: 'ENV_VAR', ...parameter };
}
