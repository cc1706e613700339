import { describe, expect, it } from 'vitest';
import { showScenario } from '../../cli/show-scenario.ts';
import type { Played } from '../../lab/play.ts';

function show(names: readonly string[]): string[] {
  const peers = names.map((peer) => ({ peer, golden: false, before: 3, after: 1, restored: 2 }));
  const observed = { peers, cohorts: [], path: [], machines: [], entries: [], restoreStatuses: [], milliseconds: 1000 };
  const result = { scenario: 'fleet', failures: [], standIns: [], ok: true, restored: true, latencyMs: 5 };
  return showScenario({ observed, result } as unknown as Played, '1/1').filter((line) => line.includes('users of'));
}

describe('showScenario', () => {
  it('tells of the peers of a fleet in one line, added up', () => {
    const lines = show(Array.from({ length: 87 }, (_, index) => `users of server ${index + 1}`));

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/users of server 1 to 87 +261 +87 +174 +174 cut/);
  });

  it('tells of few peers one by one', () => {
    expect(show(['users of server 1', 'users of server 2'])).toHaveLength(2);
  });
});
