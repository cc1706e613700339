import { fileURLToPath } from 'node:url';
import { createHostWorld } from '../../lab/hosts/create-host-world.ts';
import type { CommandResult, HostWorld } from '../../lab/hosts/host-world.ts';
import { instanceId, runShell, wrapScript } from './run-document.ts';
import type { Values } from './run-document.ts';

/** One service or task in a verdict. */
export interface Thing {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  readonly status: string;
}

/** The verdict of a document about services or tasks. */
export interface UnitVerdict {
  readonly ok: boolean;
  readonly document: string;
  readonly incident: string;
  readonly services?: readonly Thing[];
  readonly tasks?: readonly Thing[];
  readonly error: string;
}

/** How a document ended, its verdict parsed. */
export interface UnitRun extends CommandResult {
  readonly verdict: UnitVerdict;
  /** `name before now status`, thing by thing. */
  readonly things: readonly string[];
}

const standIns = fileURLToPath(new URL('../../lab/hosts/stand-ins', import.meta.url));

/** A host of the lab that has units, and folders of its own instead of /etc/cron.d and /etc/systemd/system. */
export const layHost = `bash "${standIns}/lay-host.sh" "$(dirname "$CF_STATE_DIR")" systemctl`;

/** Enters the folders that cover the machine's own, and runs what `wrapScript` wrapped. */
export const enterHost = `
export CF_STATE_DIR sbin=\${sbin:-}
exec bash "${standIns}/enter-host.sh" "$(dirname "$CF_STATE_DIR")" "bash $inner"
`;

/** Starts a world with one server that has units. */
export async function startUnitHost(): Promise<HostWorld> {
  const world = await createHostWorld({ force: 'real' });
  await world.createServer({ instanceId, privateAddress: '10.0.1.20', peers: [] });
  await runShell(world, layHost);
  return world;
}

/** Runs shell lines on the host, with its own systemctl, /etc/cron.d and /etc/systemd/system. */
export async function runOnHost(world: HostWorld, lines: string): Promise<string> {
  return runShell(world, wrapScript(`PATH=/usr/sbin:/usr/bin:/sbin:/bin\n${lines}`, enterHost));
}

/**
 * Lays units anew: ends what runs, takes away cron files and notes of an earlier test, writes these unit files by name
 * (their text is what the stand-in of systemctl says of them), and runs shell lines in the end.
 */
export async function layUnits(world: HostWorld, units: Readonly<Record<string, string>>, lines = ''): Promise<string> {
  const files = Object.entries(units).map(([name, text]) => `cat >"$STAND_IN/units/${name}" <<'UNIT'\n${text}\nUNIT`);
  return runOnHost(world, [clearing, ...files, lines].join('\n'));
}

const clearing = `
for file in "$STAND_IN"/run/*.pid; do
  [[ ! -s $file ]] || kill -KILL "$(<"$file")" 2>/dev/null
done
rm -rf "$STAND_IN"/{run,loaded,units,calls,broken,no-reload} /etc/cron.d /etc/systemd/system
find "$CF_STATE_DIR" -mindepth 1 ! -name inner.sh -delete
mkdir -p "$STAND_IN/units" "$STAND_IN/run" /etc/cron.d /etc/systemd/system
`;

/** Runs a document about services or tasks on the host. */
export async function runUnitDocument(world: HostWorld, script: string, values: Values): Promise<UnitRun> {
  const all = { incident: 'inc-1', deadlineSeconds: '20', manner: 'disable', ...values };
  const environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value]));
  const command = { script: wrapScript(script, enterHost), environment, timeoutSeconds: 20 };
  const result = await world.runCommand(instanceId, command);
  const verdict = JSON.parse(result.stdout || '{}') as UnitVerdict;
  const things = (verdict.services ?? verdict.tasks ?? []).map(
    ({ name, before, now, status }) => `${name} ${before} ${now} ${status}`,
  );
  return { ...result, verdict, things };
}
