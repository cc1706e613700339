import { restoreTimeSourceScript } from '../../documents/restore-time-source.ts';
import { switchTimeSourceScript } from '../../documents/switch-time-source.ts';
import type { Values } from './run-document.ts';
import type { TimeHost, TimeRun } from './time-host.ts';

/** What both documents print, as far as tests look at it. */
export interface SourceVerdict {
  readonly ok: boolean;
  readonly selected: string;
  readonly daemon: string;
  readonly sources: readonly {
    readonly name: string;
    readonly before: string;
    readonly now: string;
    readonly status: string;
  }[];
  readonly hardwareSources: readonly string[];
  readonly sourceCount: number;
  readonly listFile: string;
  readonly listDigest: string;
  readonly error: string;
}

/** The source that fails in most tests. */
export const primary = '10.8.0.1';
/** The one that takes over. */
export const backup = 'fd08::2';
/** One more. */
export const third = '10.8.0.3';

/** What became of each source. */
export const statusesOf = ({ verdict }: TimeRun<SourceVerdict>): Readonly<Record<string, string>> =>
  Object.fromEntries(verdict.sources.map(({ name, status }) => [name, status]));

/** Runs both documents on a host with values that start valid. */
export function bindRuns(host: TimeHost) {
  const values = { incident: 'inc-a', source: backup, failedSource: primary, deadlineSeconds: '20' };
  return {
    runSwitch: (change: Values = {}) => host.run<SourceVerdict>(switchTimeSourceScript, { ...values, ...change }),
    runRestore: (change: Values = {}) => host.run<SourceVerdict>(restoreTimeSourceScript, { ...values, ...change }),
  };
}
