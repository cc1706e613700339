import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PeerSpec } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';
import { databasePorts, plainMachine } from '../machine.ts';
import type { MachineSpec, MachineState, UnitSpec } from '../machine.ts';
import { findPostgres } from './find-postgres.ts';
import { runTool } from './run-tool.ts';
import { startPostgres } from './start-postgres.ts';

const standIns = fileURLToPath(new URL('../stand-ins', import.meta.url));
const systemctl = ['bash', `${standIns}/systemctl.sh`];

/** What a server is besides its connections: real processes under a stand-in of systemd, a clock in a file, a database. */
export class RealMachine {
  readonly #spec: MachineSpec;
  readonly #namespace: string;
  readonly #folder: string;

  constructor(spec: MachineSpec = plainMachine, namespace: string, folder: string) {
    this.#spec = spec;
    this.#namespace = namespace;
    this.#folder = folder;
  }

  /** Lays what the documents of this server find; does nothing for a server of connections alone. */
  async lay(peers: readonly PeerSpec[]): Promise<void> {
    await this.#layNightLogins();
    if (this.#isPlain()) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o755 });
    await runTool(['bash', `${standIns}/lay-host.sh`, this.#folder, ...this.#listTools()]);
    await this.#layTimeZone();
    await this.#layUnits();
    await this.#layClock();
    await this.#layTimeSources();
    await this.#layDatabase(peers);
  }

  /** The command that runs a script where this server's own tools are. */
  enter(scriptPath: string): readonly string[] {
    if (this.#isPlain()) return ['sh', '-c', scriptPath];
    return ['bash', `${standIns}/enter-host.sh`, this.#folder, scriptPath];
  }

  async read(): Promise<MachineState> {
    const { services = [], tasks = [], clock, timeSources } = this.#spec;
    return {
      services: await this.#readStates(services, toService),
      tasks: await this.#readStates(tasks, toTimer),
      clockOffsetMs: clock === undefined ? null : Number(await readFile(`${this.#folder}/clock/offset`, 'utf8')) / 1000,
      ...(timeSources !== undefined && (await this.#readTimeSources())),
    };
  }

  /** True for a server that differs from this machine in nothing but its connections. */
  #isPlain(): boolean {
    return this.#listTools().length === 0 && this.#spec.timeZone === undefined;
  }

  #listTools(): readonly string[] {
    const { services = [], tasks = [], clock, timeSources, database } = this.#spec;
    return [
      ...(services.length + tasks.length > 0 ? ['systemctl'] : []),
      ...(clock === undefined ? [] : ['chronyd']),
      ...(clock === undefined && timeSources === undefined ? [] : ['chronyc', 'hwclock']),
      ...(database === undefined ? [] : ['setpriv']),
    ];
  }

  /** As the sensor would note them, in the state directory of the documents. */
  async #layNightLogins(): Promise<void> {
    const { nightLogins } = this.#spec;
    if (nightLogins === undefined) return;
    await mkdir(`${this.#folder}/state/host_sensor`, { recursive: true });
    const now = Math.floor(Date.now() / 1000);
    const lines = nightLogins.map((address) => `${now} ${address}\n`);
    await writeFile(`${this.#folder}/state/host_sensor/night-logins`, lines.join(''));
  }

  async #layUnits(): Promise<void> {
    const { services = [], tasks = [] } = this.#spec;
    for (const unit of [...services.map(toService), ...tasks.map(toTimer)]) {
      await writeFile(`${this.#folder}/units/${unit}`, 'UnitFileState=enabled\n');
    }
    const active = [...services.filter(isActive).map(toService), ...tasks.filter(isActive).map(toTimer)];
    if (active.length > 0) await this.#tellSystemd('start', active);
  }

  /** The clock is this machine's; what it points to is a matter of one link, as on any host. */
  async #layTimeZone(): Promise<void> {
    const { timeZone } = this.#spec;
    if (timeZone === undefined) return;
    const link = `${this.#folder}/etc/localtime`;
    await rm(link, { force: true });
    await symlink(`/usr/share/zoneinfo/${timeZone}`, link);
  }

  async #layClock(): Promise<void> {
    const { clock } = this.#spec;
    if (clock === undefined) return;
    await mkdir(`${this.#folder}/clock`);
    await writeFile(`${this.#folder}/clock/offset`, `${Math.round(clock.offsetMs * 1000)}\n`);
    await writeFile(`${this.#folder}/clock/holds`, clock.holds ? 'yes\n' : 'no\n');
  }

  /** As the stand-in of chronyc reads them; `others` is what a source answers that is added later. */
  async #layTimeSources(): Promise<void> {
    const { timeSources } = this.#spec;
    if (timeSources === undefined) return;
    const lines = timeSources.map(({ name, answers }) => `${name} online ${answers} 1\n`);
    const [uptime = '0'] = (await readFile('/proc/uptime', 'utf8')).split(' ');
    await writeFile(`${this.#folder}/time-sources.since`, uptime);
    await writeFile(`${this.#folder}/time-sources.others`, 'right');
    await writeFile(`${this.#folder}/time-sources`, lines.join(''));
  }

  async #readTimeSources(): Promise<Pick<MachineState, 'timeSources' | 'timeFrom'>> {
    const lines = (await readFile(`${this.#folder}/time-sources`, 'utf8')).trimEnd().split('\n');
    const environment = { STAND_IN: this.#folder };
    const chronyc = ['bash', `${standIns}/chronyc.sh`];
    const text = await runTool([...chronyc, '-n', '-c', 'sources'], { namespace: this.#namespace, environment });
    return {
      timeSources: Object.fromEntries(lines.map((line) => line.split(' ').slice(0, 2) as [string, string])),
      timeFrom: /^.,\*,([^,]+),/m.exec(text)?.[1] ?? '',
    };
  }

  async #layDatabase(peers: readonly PeerSpec[]): Promise<void> {
    const { database } = this.#spec;
    if (database === undefined) return;
    const programs = findPostgres();
    if (programs === null) throw new HostWorldError('Cannot start a database: PostgreSQL is not on this machine');
    const sessions = peers.flatMap(({ session }) => session ?? []);
    const [namespace, folder] = [this.#namespace, this.#folder];
    const port = databasePorts[database.engine];
    const roles = new Map(sessions.map(({ user, isReplication = false }) => [user, isReplication]));
    await startPostgres({ programs, namespace, folder, port, roles });
  }

  async #readStates(
    units: readonly UnitSpec[],
    toUnit: (spec: UnitSpec) => string,
  ): Promise<Readonly<Record<string, string>>> {
    if (units.length === 0) return {};
    const text = await this.#tellSystemd('show', units.map(toUnit));
    const states = [...text.matchAll(/^ActiveState=(\w+)$/gm)].map(([, state = '']) => state);
    return Object.fromEntries(units.map(({ name }, index) => [name, states[index] ?? 'missing']));
  }

  async #tellSystemd(verb: string, units: readonly string[]): Promise<string> {
    const environment = { STAND_IN: this.#folder };
    return runTool([...systemctl, verb, '--', ...units], { namespace: this.#namespace, environment });
  }
}

function isActive({ active }: UnitSpec): boolean {
  return active;
}

function toService({ name }: UnitSpec): string {
  return `${name}.service`;
}

/** Tasks of Linux are timers here; what they start is not raised. */
function toTimer({ name }: UnitSpec): string {
  return `${name.replace(/^timer:/, '')}.timer`;
}
