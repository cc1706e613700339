import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTimeHost, whyNoTime } from './time-host.ts';
import type { TimeHost } from './time-host.ts';
import { backup, bindRuns, primary, statusesOf, third } from './time-source-runs.ts';

// Keeps one file for each source, `online` or `offline`; who is silent has a file in /run/silent.
const chronyc = `#!/bin/bash
cd /run/sources || exit 1
[[ ! -e /run/dead ]] || { echo '506 Cannot talk to daemon'; exit 1; }
read_selected() {
  for file in *; do
    [[ -e /run/silent/$file || $(<"$file") != online ]] || { echo "$file"; return; }
  done
}
case "$*" in
  '-n -c sources')
    [[ -e /run/clockless ]] || echo '#,-,PHC0,0,0,377,1,0,0,0'
    for file in *; do
      reach=377 state=+
      [[ ! -e /run/silent/$file && $(<"$file") == online ]] || reach=0 state='?'
      [[ $file != "$(read_selected)" ]] || state='*'
      echo "^,$state,$file,1,4,$reach,1,0,0,0"
    done ;;
  '-c activity') echo "$(grep -lx online * | wc -l),$(grep -lx offline * | wc -l),0,0,0" ;;
  '-n -c tracking') echo "7F,$(read_selected),2,1,0,0,0,0,0,0,0,0,0,Normal" ;;
  'add server'*) echo online >"$3" ;;
  delete*) rm "$2" ;;
  *) [[ ! -e /run/refusing ]] && echo "$1" >"$2" ;;
esac`;

describe.skipIf(whyNoTime !== '')('time sources of a simulated chronyd', () => {
  let host: TimeHost;
  let runs: ReturnType<typeof bindRuns>;
  const list = () => host.shell('cd /run/sources && grep . *');

  beforeAll(async () => {
    host = await startTimeHost([]);
    runs = bindRuns(host);
    await host.replaceTool('/usr/bin/chronyc', chronyc);
    // A daemon is known by its process; this one only has the name.
    await host.shell('cp "$(type -P sleep)" /run/real/chronyd');
  });
  afterAll(() => host?.stop());
  beforeEach(async () => {
    await host.shell(
      `rm -rf /run/sources /run/silent /run/dead /run/refusing /run/clockless "$CF_STATE_DIR"
      mkdir -p /run/sources /run/silent
      echo online >/run/sources/${primary}; echo x >/run/silent/${primary}`,
    );
  });

  it.for([
    { primaryIs: 'online', thirdIs: 'offline' },
    { primaryIs: 'offline', thirdIs: 'online' },
  ])(
    'leaves everything as it was when the new source does not answer, the failed one $primaryIs',
    async ({ primaryIs, thirdIs }) => {
      await host.shell(
        `echo ${thirdIs} >/run/sources/${third}; echo ${primaryIs} >/run/sources/${primary}
        echo x >/run/silent/${backup}`,
      );
      const before = await list();

      const { exitCode, verdict } = await runs.runSwitch({ deadlineSeconds: '2' });

      expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, sourceCount: 3 });
      expect(verdict.error).toBe(`Source '${backup}' does not answer`);
      expect(await list()).toBe(before);

      // Nor does it stand in the way of another incident.
      await host.shell(`rm /run/silent/${backup}`);
      await runs.runSwitch({ incident: 'inc-b' });
      const restored = await runs.runRestore({ incident: 'inc-b' });
      expect(restored).toMatchObject({ exitCode: 0, verdict: { ok: true } });
      expect(await list()).toBe(before);
    },
  );

  it('leaves everything as it was when chronyd refuses to take the failed source offline', async () => {
    await host.shell('echo x >/run/refusing');
    const before = await list();

    const { exitCode, verdict } = await runs.runSwitch();

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 70, ok: false });
    expect(await list()).toBe(before);
  });

  it('still knows what an earlier run did when a later one gives up', async () => {
    const before = await list();
    await runs.runSwitch();
    await host.shell(`echo x >/run/silent/${backup}`);

    const failed = await runs.runSwitch({ deadlineSeconds: '2' });
    const restored = await runs.runRestore();

    expect(failed).toMatchObject({ exitCode: 1, verdict: { ok: false } });
    expect(statusesOf(restored)).toEqual({ [backup]: 'undone', [primary]: 'undone' });
    expect(await list()).toBe(before);
  });

  it('takes nothing for its own that a chronyd has which was started since', async () => {
    await host.shell('/run/real/chronyd 60 >/dev/null 2>&1 & echo $! >/run/daemon.pid');
    await runs.runSwitch();
    await host.shell(
      `kill $(</run/daemon.pid); sleep 0.1; /run/real/chronyd 60 >/dev/null 2>&1 & echo $! >/run/daemon.pid
      echo online >/run/sources/${primary}`,
    );
    const before = await list();

    const again = await runs.runSwitch();
    const restored = await runs.runRestore();
    await host.shell('kill $(</run/daemon.pid)');

    expect(again.verdict.sources.map((source) => source.before)).toEqual(['present', 'online']);
    expect(statusesOf(restored)).toEqual({ [backup]: 'already-undone', [primary]: 'undone' });
    expect(await list()).toBe(before);
  });

  it('tells a source that was offline before from one it took offline', async () => {
    await host.shell(`echo offline >/run/sources/${primary}; echo online >/run/sources/${third}`);
    const before = await list();

    const switched = await runs.runSwitch();
    const restored = await runs.runRestore();

    expect(switched.verdict.sources.map((source) => source.before)).toEqual(['absent', 'offline']);
    expect(statusesOf(switched)).toEqual({ [backup]: 'added', [primary]: 'already-offline' });
    expect(statusesOf(restored)).toEqual({ [backup]: 'undone', [primary]: 'already-undone' });
    expect(await list()).toBe(before);
  });

  it('does not delete a source that was there before', async () => {
    await host.shell(`echo online >/run/sources/${backup}; echo online >/run/sources/${third}`);
    const before = await list();

    const switched = await runs.runSwitch();
    const restored = await runs.runRestore();

    expect(statusesOf(switched)).toEqual({ [backup]: 'already-there', [primary]: 'taken-offline' });
    expect(statusesOf(restored)).toEqual({ [backup]: 'already-undone', [primary]: 'undone' });
    expect(await list()).toBe(before);
  });

  it('never takes away the last source that answers', async () => {
    await runs.runSwitch();
    await host.shell('touch /run/clockless');

    const kept = await runs.runRestore({ deadlineSeconds: '3' });
    await host.shell(`rm /run/silent/${primary}`);
    const restored = await runs.runRestore();

    expect(kept).toMatchObject({ exitCode: 1, verdict: { ok: false } });
    expect(statusesOf(kept)).toEqual({ [backup]: 'failed', [primary]: 'undone' });
    expect(restored.verdict.ok).toBe(true);
    expect(await list()).toContain('online');
  });

  it('knows what to undo from its parameters alone, and finds the failed source in its note', async () => {
    const { verdict } = await runs.runSwitch();
    const noted = await runs.runRestore({ failedSource: '' });
    await runs.runSwitch();
    await host.shell('rm "$CF_STATE_DIR"/inc-a/time-sources.note');

    const blind = await runs.runRestore();
    const told = await runs.runRestore({ added: 'yes', takenOffline: 'yes', daemon: verdict.daemon });

    expect(statusesOf(noted)).toEqual({ [backup]: 'undone', [primary]: 'undone' });
    expect(blind).toMatchObject({ exitCode: 3, verdict: { ok: false } });
    expect(statusesOf(told)).toEqual({ [backup]: 'undone', [primary]: 'undone' });
  });

  it('leaves a source alone that is not the one it added', async () => {
    const switched = await runs.runSwitch();
    const restored = await runs.runRestore();
    await host.shell(`echo online >/run/sources/${backup}`);

    const again = await runs.runRestore();

    expect([switched, restored].map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(again).toMatchObject({ exitCode: 3, verdict: { ok: false } });
    expect(statusesOf(again)).toEqual({ [backup]: 'drifted', [primary]: 'already-undone' });
    expect(await list()).toContain(backup);
  });

  it('leaves alone what a chronyd has that was started since', async () => {
    await host.shell('/run/real/chronyd 60 >/dev/null 2>&1 & echo $! >/run/daemon.pid');
    const { verdict } = await runs.runSwitch();
    await host.shell(
      `kill $(</run/daemon.pid); sleep 0.1; /run/real/chronyd 60 >/dev/null 2>&1 & echo $! >/run/daemon.pid`,
    );
    await host.shell(`echo online >/run/sources/${primary}`);

    const restored = await runs.runRestore();
    await host.shell('kill $(</run/daemon.pid)');

    expect(verdict.daemon).toMatch(/^\d+-\d+$/);
    expect(restored.verdict.daemon).not.toBe(verdict.daemon);
    expect(restored.exitCode).toBe(3);
    expect(statusesOf(restored)).toEqual({ [backup]: 'drifted', [primary]: 'already-undone' });
  });

  it('keeps two incidents apart that need the same source', async () => {
    const before = await list();
    await runs.runSwitch();
    const second = await runs.runSwitch({ incident: 'inc-b' });

    const early = await runs.runRestore();
    const late = await runs.runRestore({ incident: 'inc-b' });

    expect(second.verdict.sources.map((source) => source.before)).toEqual(['absent', 'online']);
    expect(early.exitCode).toBe(3);
    expect(statusesOf(early)).toEqual({ [backup]: 'drifted', [primary]: 'drifted' });
    expect(statusesOf(late)).toEqual({ [backup]: 'undone', [primary]: 'undone' });
    expect(await list()).toBe(before);
  });

  it('restores two switches, one after the other, only from the last to the first', async () => {
    const before = await list();
    await runs.runSwitch();
    await host.shell(`echo x >/run/silent/${backup}`);
    await runs.runSwitch({ incident: 'inc-b', source: third, failedSource: backup });

    const early = await runs.runRestore();
    const last = await runs.runRestore({ incident: 'inc-b', source: third, failedSource: backup });
    const first = await runs.runRestore();

    expect(statusesOf(early)).toEqual({ [backup]: 'drifted', [primary]: 'undone' });
    expect(statusesOf(last)).toEqual({ [third]: 'undone', [backup]: 'undone' });
    expect(statusesOf(first)).toEqual({ [backup]: 'undone', [primary]: 'already-undone' });
    expect(await list()).toBe(before);
  });

  it('says that there is no chronyd to talk to, and that two addresses are one', async () => {
    const same = await runs.runSwitch({ source: 'fd08:0::2', failedSource: 'FD08::2' });
    await host.shell('touch /run/dead');
    const dead = await Promise.all([
      runs.runSwitch(),
      runs.runRestore({ incident: 'inc-c', added: 'yes', takenOffline: 'no' }),
    ]);

    expect([same, ...dead].map(({ exitCode }) => exitCode)).toEqual([64, 65, 65]);
    expect([same, ...dead].some(({ verdict }) => verdict.ok)).toBe(false);
  });
});
