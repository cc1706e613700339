import { basename } from 'node:path';
import { moveToLab, toScenario } from '../lab/event-scenario.ts';
import { labAccountId, labRegion, startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { play } from '../lab/play.ts';
import type { ScenarioResult } from '../lab/result.ts';
import { readScenarios } from '../lab/scenario.ts';
import type { Scenario } from '../lab/scenario.ts';
import type { Signal } from '../lambdas/shared/contracts/signal.ts';
import { SignalRejectedError } from '../lambdas/shared/errors.ts';
import { refuseDeepNesting } from '../lambdas/shared/signals/normalise-keys.ts';
import { parseEvent } from '../lambdas/shared/signals/parse-event.ts';
import { toEnvelope } from '../lambdas/shared/signals/envelope.ts';
import { paint, print, printJson, progress, UsageError } from './output.ts';
import { readEventFile } from './read-event-file.ts';
import { markSimulated, showScenario } from './show-scenario.ts';

/** Options of `fuse lab`. */
export interface LabOptions {
  readonly event?: string;
  readonly json?: boolean;
  readonly keep?: boolean;
  readonly simulated?: boolean;
}

/** Plays the scenarios named, or an event file, and tells what was seen; exit status 1 when something is not as wanted. */
export async function runLab(names: readonly string[], options: LabOptions): Promise<void> {
  if (names.length > 0 && options.event !== undefined) {
    throw new UsageError('Scenarios and an event file are both named', 'Play one or the other');
  }
  const scenarios = options.event === undefined ? chooseScenarios(names) : readEventScenario(options.event);
  if ('outcome' in scenarios) return tellNotPlayed(scenarios, options);
  await playInLab(scenarios, options);
}

function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  const all = readScenarios();
  const unknown = names.find((name) => all.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no scenario "${unknown}"`, `Known are ${all.map(({ name }) => name).join(', ')}`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** An event file that is not played, and why. */
interface NotPlayed {
  readonly name: string;
  readonly outcome: 'ignored' | 'rejected';
  readonly reason: string;
}

function readEventScenario(path: string): readonly Scenario[] | NotPlayed {
  const raw = readEvent(path);
  const name = basename(path);
  try {
    refuseDeepNesting(raw);
    const event = toEnvelope(raw);
    const parsed = parseEvent(event, {
      accountId: labAccountId,
      region: labRegion,
      receivedAt: new Date().toISOString(),
    });
    if (parsed.kind === 'ignored') return { name, outcome: 'ignored', reason: parsed.reason };
    return [toLabScenario(name, event, parsed.signal)];
  } catch (error) {
    if (!(error instanceof SignalRejectedError)) throw error;
    return { name, outcome: 'rejected', reason: error.message };
  }
}

/** Hosts for the servers an event names; says so when the lab raises only some of a large fleet. */
function toLabScenario(name: string, event: unknown, signal: Signal): Scenario {
  const scenario = toScenario(name, moveToLab(event), signal);
  const missing = signal.servers.length - scenario.servers.length;
  if (missing > 0)
    progress(
      `${missing} of ${signal.servers.length} servers are not raised: the lab stops at ${scenario.servers.length}`,
    );
  return scenario;
}

function readEvent(path: string): unknown {
  try {
    return readEventFile(path);
  } catch (error) {
    throw new UsageError(
      `Could not read event "${path}": ${error instanceof Error ? error.message : String(error)}`,
      'Name a file with one JSON event',
    );
  }
}

/** An ignored event is a decision like any other; a rejected one, in an account a dead letter, is a failure. */
function tellNotPlayed({ name, outcome, reason }: NotPlayed, options: LabOptions): void {
  if (outcome === 'rejected') process.exitCode = 1;
  if (options.json !== true) return print(`${paint.strong(name)} is ${outcome}: ${reason}`);
  printJson({ scenario: name, ok: outcome === 'ignored', simulated: false, outcome, reason, ...nothingSeen });
}

const nothingSeen = {
  standIns: [],
  incidentId: null,
  path: [],
  cut: { connections: 0, survivors: 0, goldenLost: 0 },
  latencyMs: null,
  restored: true,
  failures: [],
};

async function playInLab(scenarios: readonly Scenario[], options: LabOptions): Promise<void> {
  const startedAt = Date.now();
  const lab = await startLab({
    hosts: options.simulated === true ? 'simulated' : undefined,
    tell: progress,
  });
  // Ended from outside, the lab must not leave processes and folders behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void lab.stop().finally(() => process.exit(130)));
  }
  try {
    const results = await playAll(lab, scenarios, options);
    if (results.some(({ ok }) => !ok)) process.exitCode = 1;
    if (options.json !== true) print(summarise(results, lab, Date.now() - startedAt));
    if (options.keep === true) await keep(lab);
  } finally {
    await lab.stop();
  }
}

async function playAll(lab: Lab, scenarios: readonly Scenario[], options: LabOptions): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const number = `${index + 1}/${scenarios.length}`;
    const tell = (line: string) => progress(markSimulated(line, lab.world.kind === 'simulated'));
    tell(`${number} ${scenario.name}: ${scenario.description}`);
    const played = await play(lab, scenario, (line) => tell(`    ${line}`));
    if (options.json === true) printJson(played.result);
    else for (const line of showScenario(played, number)) print(line);
    results.push(played.result);
  }
  return results;
}

function summarise(results: readonly ScenarioResult[], lab: Lab, milliseconds: number): string {
  const [count, failed] = [results.length, results.filter(({ ok }) => !ok).length];
  const isAllReal = results.every(({ standIns }) => standIns.length === 0);
  const real = isAllReal ? 'real sockets' : `real sockets, except ${paint.warn('where a line says otherwise')}`;
  const hosts = lab.world.kind === 'real' ? real : paint.warn(`simulated hosts (${lab.worldReason})`);
  const verdict =
    failed === 0 ? paint.good(`all ${count} as wanted`) : paint.bad(`${failed} of ${count} not as wanted`);
  return `\n${verdict}, ${hosts}, ${(milliseconds / 1000).toFixed(1)} s`;
}

/** Says on standard error how to reach the lab, so that `--json` stays what a script reads; ends by signal only. */
async function keep(lab: Lab): Promise<void> {
  const outputs = Object.entries(lab.deployment.outputs).map(([name, value]) => `  ${name} ${value}`);
  const lines = [
    'The lab stays up until Ctrl-C. In another shell:',
    ...lab.variables.map((line) => `  export ${line}`),
    'Outputs of the stack:',
    ...outputs,
  ];
  process.stderr.write(`\n${lines.join('\n')}\n`);
  await new Promise<void>(() => setInterval(() => undefined, 60_000));
}
