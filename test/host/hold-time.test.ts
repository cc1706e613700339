import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  backup,
  bindHolds,
  clockOption,
  first,
  listSources,
  second,
  startChronyd,
  startClock,
  statusesOf,
  waitForSelection,
  whyNoClock,
} from './hold-time-runs.ts';
import { startTimeHost, whyNoTime } from './time-host.ts';
import type { TimeHost } from './time-host.ts';

if (whyNoClock !== '' && process.env['FUSE_NO_SKIP'] === '1') throw new Error(`Nothing may be skipped: ${whyNoClock}`);

const tellBoth = async (host: TimeHost, behaviour: string) =>
  void (await Promise.all([host.tell(first, behaviour), host.tell(second, behaviour)]));

let tests = 0;

async function stop(host: TimeHost | undefined): Promise<void> {
  await host?.shell('kill $(cat /run/chrony/chronyd.pid /run/clock.pid)').catch(() => {});
  await host?.stop();
}

describe.skipIf(whyNoTime !== '' || whyNoClock !== '')('a lifeline held by a reference clock of a real chronyd', () => {
  let host: TimeHost;
  let holds: ReturnType<typeof bindHolds>;
  beforeAll(async () => {
    host = await startTimeHost([first, second]);
    await startChronyd(host, clockOption);
    await startClock(host);
    await waitForSelection(host, 'PHC0');
  });
  afterAll(() => stop(host));
  beforeEach(() => {
    tests += 1;
    holds = bindHolds(host, `inc-${tests}`);
  });
  afterEach(async () => {
    await tellBoth(host, '0');
    await holds.release();
  });

  it('leaves all as it is while its sources answer, one of them silent, and tells by how much the clock may be off', async () => {
    await host.tell(second, 'silent');
    const before = await listSources(host);

    const held = await holds.hold({ backup: 'clock:PHC0' });

    expect(held).toMatchObject({ exitCode: 0, verdict: { ok: true, result: 'kept', changed: false, sources: [] } });
    expect(held.verdict.watched.map(({ answer }) => answer)).toEqual(['answers', 'silent']);
    expect(held.verdict.boundMs).toBeLessThan(50);
    expect(await listSources(host)).toBe(before);
  });

  it('says that the daemon went over to the clock by itself when both sources fell silent', async () => {
    await tellBoth(host, 'silent');
    const before = await listSources(host);

    const { exitCode, verdict } = await holds.hold({ backup: 'clock:PHC0' });

    expect({ exitCode, ...verdict }).toMatchObject({
      exitCode: 0,
      result: 'carried',
      changed: false,
      selected: 'PHC0',
    });
    expect(await listSources(host)).toBe(before);
  });

  it('changes nothing when the clock it should go over to is not there', async () => {
    await tellBoth(host, 'silent');
    const before = await listSources(host);

    const { exitCode, verdict } = await holds.hold({ backup: 'clock:PHC9' });

    expect({ exitCode, ok: verdict.ok, result: verdict.result }).toEqual({
      exitCode: 1,
      ok: false,
      result: 'failed',
    });
    expect(verdict.error).toBe("Reference clock 'PHC9' does not answer");
    expect(await listSources(host)).toBe(before);
  });

  it('takes two sources offline that outvote the clock with a wrong time, and puts them back', async () => {
    const before = await listSources(host);
    await tellBoth(host, '200');
    await waitForSelection(host, '10.8.0.[12]');

    const held = await holds.hold({ backup: 'clock:PHC0', limitMs: '0.050' });
    const released = await holds.release();

    expect(held).toMatchObject({ exitCode: 0, verdict: { result: 'switched', changed: true, selected: 'PHC0' } });
    expect(statusesOf(held)).toEqual({ [first]: 'taken-offline', [second]: 'taken-offline' });
    expect(statusesOf(released)).toEqual({ [first]: 'undone', [second]: 'undone' });
    expect(await listSources(host)).toBe(before);
  });
});

describe.skipIf(whyNoTime !== '')('a lifeline held by a server, or by its own clock, of a real chronyd', () => {
  let host: TimeHost;
  let holds: ReturnType<typeof bindHolds>;
  beforeAll(async () => {
    host = await startTimeHost([first, second, backup]);
    await startChronyd(host);
    await waitForSelection(host, '10.8.0.[12]');
  });
  afterAll(() => stop(host));
  beforeEach(() => {
    tests += 1;
    holds = bindHolds(host, `inc-${tests}`);
  });
  afterEach(async () => {
    await tellBoth(host, '0');
    await holds.release();
    await waitForSelection(host, '10.8.0.[12]');
  });

  it('adds the server, takes the silent ones offline, holds a second time without harm, and puts back exactly', async () => {
    const before = await listSources(host);
    await tellBoth(host, 'silent');

    const held = await holds.hold({ backup: `server:${backup}` });
    const other = await holds.hold({ backup: `server:${backup}`, incident: 'inc-b' });
    await tellBoth(host, '0');
    const released = await holds.release();
    const again = await holds.release();
    const unneeded = await holds.release({ incident: 'inc-b', changed: 'no' });

    expect(held).toMatchObject({ exitCode: 0, verdict: { result: 'switched', selected: backup, error: '' } });
    expect(statusesOf(held)).toEqual({ [backup]: 'added', [first]: 'taken-offline', [second]: 'taken-offline' });
    expect(other).toMatchObject({ exitCode: 0, verdict: { result: 'carried', changed: false } });
    expect(statusesOf(released)).toEqual({ [backup]: 'undone', [first]: 'undone', [second]: 'undone' });
    expect(new Set(Object.values(statusesOf(again)))).toEqual(new Set(['already-undone']));
    expect(unneeded).toMatchObject({ exitCode: 0, verdict: { ok: true, sources: [] } });
    expect(await listSources(host)).toBe(before);
  });

  it('leaves everything as it was when the backup is silent too', async () => {
    await host.tell(backup, 'silent');
    await tellBoth(host, 'silent');
    const before = await listSources(host);

    const held = await holds.hold({ backup: `server:${backup}`, deadlineSeconds: '15' });
    await host.tell(backup, '0');

    expect(held).toMatchObject({ exitCode: 1, verdict: { ok: false, error: `Backup '${backup}' does not answer` } });
    expect(await listSources(host)).toBe(before);
  });

  it('goes on by the own clock alone, and tells for how long that is right enough', async () => {
    const before = await listSources(host);
    await tellBoth(host, 'silent');

    const held = await holds.hold({ backup: 'holdover' });
    await tellBoth(host, '0');
    const released = await holds.release();

    expect(held).toMatchObject({ exitCode: 0, verdict: { result: 'switched', changed: true } });
    expect(held.verdict.growthPpm).toBeGreaterThan(0);
    expect(held.verdict.underLimitSeconds).toBeGreaterThan(60);
    expect(held.verdict.hardwareClock).toMatch(/^(none|agrees)$/);
    expect(statusesOf(released)).toEqual({ [first]: 'undone', [second]: 'undone' });
    expect(await listSources(host)).toBe(before);
  });

  it.for([
    {
      name: 'the limit is below what the daemon can vouch for',
      limitMs: '0.001',
      words: /not right enough to go on alone/,
    },
    {
      name: 'the hardware clock shows another time',
      limitMs: '50',
      words: /Hardware clock and system clock differ by -?\d+ s/,
    },
  ])('does not go on by the own clock when $name', async ({ limitMs, words }) => {
    if (limitMs === '50')
      await host.replaceTool('/usr/sbin/hwclock', "#!/bin/bash\necho '2020-01-01 00:00:00.5+00:00'");
    await tellBoth(host, 'silent');
    const before = await listSources(host);

    const held = await holds.hold({ backup: 'holdover', limitMs });

    expect(held).toMatchObject({ exitCode: 1, verdict: { ok: false, result: 'failed' } });
    expect(held.verdict.error).toMatch(words);
    expect(await listSources(host)).toBe(before);
  });
});
