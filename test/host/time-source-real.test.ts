import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTimeHost, whyNoTime } from './time-host.ts';
import type { TimeHost } from './time-host.ts';
import { backup, bindRuns, primary, statusesOf } from './time-source-runs.ts';

describe.skipIf(whyNoTime !== '')('time sources of a real chronyd', () => {
  let host: TimeHost;
  beforeAll(async () => {
    host = await startTimeHost([primary, backup]);
    await host.shell(
      `mkdir -m 750 -p /run/chrony
      chronyd -x 'user root' 'server ${primary} iburst minpoll 0 maxpoll 0' 'cmdport 0' \\
        'refclock SOCK /run/chrony/phc.sock refid PHC0'`,
    );
  });
  afterAll(async () => {
    await host.shell('kill $(</run/chrony/chronyd.pid)');
    await host.stop();
  });

  it('switches over, says so a second time without harm, and switches back', async () => {
    const { runSwitch, runRestore } = bindRuns(host);
    const before = await host.shell('chronyc -n -c sources | cut -d, -f1,3');
    await host.tell(primary, 'silent');

    const first = await runSwitch({ source: 'FD08:0:0:0:0:0:0:2' });
    const second = await runSwitch();
    await host.tell(primary, '0');
    const back = await runRestore();
    const backAgain = await runRestore();

    expect([first, second, back, backAgain].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(first.verdict.sources).toEqual([
      { name: backup, before: 'absent', now: 'selected', status: 'added' },
      { name: primary, before: 'online', now: 'offline', status: 'taken-offline' },
    ]);
    expect(first.verdict).toMatchObject({ ok: true, selected: backup, hardwareSources: ['PHC0 unusable'], error: '' });
    expect(second.verdict.listDigest).toBe(first.verdict.listDigest);
    expect(second.verdict.sources.map((source) => source.before)).toEqual(['absent', 'online']);
    expect(statusesOf(second)).toEqual({ [backup]: 'already-there', [primary]: 'already-offline' });
    expect(statusesOf(back)).toEqual({ [backup]: 'undone', [primary]: 'undone' });
    expect(statusesOf(backAgain)).toEqual({ [backup]: 'already-undone', [primary]: 'already-undone' });
    expect(await host.shell('chronyc -n -c sources | cut -d, -f1,3')).toBe(before);
    expect(await host.shell('chronyc -c activity')).toMatch(/^(1,0,0|0,0,1),0,0\n$/);
  });
});
