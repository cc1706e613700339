import { readFileSync } from 'node:fs';

/** The first agent that hands parameters over as environment variables; older ones would leave them unset. */
export const minimumAgentVersion = '3.3.2746.0';

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

/** What a Linux command document is made of. */
export interface CommandDocumentProps {
  readonly description: string;
  readonly parameters: CommandParameters;
  /** The whole script, its first line `#!/bin/bash`. */
  readonly script: string;
  /** When the agent kills the script's process group; later than the longest deadline of the script itself. */
  readonly timeoutSeconds: number;
  /** Name of the only step, in camel case. */
  readonly stepName: string;
}

/** The content of an SSM document of schema 2.2 with one shell step for Linux. */
export interface CommandDocumentContent {
  readonly schemaVersion: '2.2';
  readonly description: string;
  readonly parameters: Readonly<Record<string, CommandParameter & { type: 'String'; interpolationType: 'ENV_VAR' }>>;
  readonly mainSteps: readonly [
    {
      readonly action: 'aws:runShellScript';
      readonly name: string;
      readonly precondition: { readonly StringEquals: readonly ['platformType', 'Linux'] };
      readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
    },
  ];
}

/** Thrown when a script or a parameter could not be delivered safely. */
export class CommandDocumentError extends Error {
  override readonly name = 'CommandDocumentError';
}

/** Builds the document's content; refuses a script that the agent would not run with bash, or would interpolate. */
export function commandDocument(props: CommandDocumentProps): CommandDocumentContent {
  const { description, script, timeoutSeconds, stepName } = props;
  const runCommand = script.trimEnd().split('\n');
  // The agent joins the lines and starts the file with `sh -c`: only a first-line shebang makes it bash.
  if (runCommand[0] !== '#!/bin/bash') {
    throw new CommandDocumentError(
      `Cannot build a document from a script that starts with "${runCommand[0]}": wanted "#!/bin/bash"`,
    );
  }
  if (script.includes('{{')) {
    throw new CommandDocumentError('Cannot build a document from a script with "{{": the agent would substitute it');
  }
  return {
    schemaVersion: '2.2',
    description,
    parameters: Object.fromEntries(
      Object.entries(props.parameters).map(([name, parameter]) => [name, declareParameter(name, parameter)]),
    ),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: stepName,
        // Without it the agent skips a step that does not fit the platform, and reports Success.
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: String(timeoutSeconds), runCommand },
      },
    ],
  };
}

/** Reads a script below `documents/` and puts each part it sources in the place of the sourcing line. */
export function readScript(path: string): string {
  const url = new URL(path, import.meta.url);
  const text = readFileSync(url, 'utf8');
  return text.replace(/^(?:# shellcheck source.*\n)*source (\S+\.sh)\n/gm, (_line, part: string) =>
    // The part's shebang is for editors and linters; inside the whole it would be a stray comment.
    readFileSync(new URL(part, url), 'utf8').replace(/^#!.*\n/, ''),
  );
}

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
