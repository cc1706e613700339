import { isIP } from 'node:net';
import type { PolicyFault } from './policy-fault.ts';
import type { Policy } from './policy-schema.ts';

/** What is wrong with how lifelines are kept alive and people reminded, as far as no schema sees it. */
export function checkLifelines({ lifelines, approvals }: Pick<Policy, 'lifelines' | 'approvals'>): PolicyFault[] {
  return [
    ...lifelines.flatMap((lifeline, index) => checkTime(lifeline.time, `lifelines.${index}.time`)),
    ...lifelines.flatMap(({ kind, bypass }, index) =>
      bypass === undefined || kind === 'life-support'
        ? []
        : [
            {
              path: `lifelines.${index}.bypass`,
              rule: 'must stand at life-support: nobody is asked elsewhere',
              value: kind,
            },
          ],
    ),
    ...checkReminder(approvals),
  ];
}

function checkTime(time: Policy['lifelines'][number]['time'], path: string): PolicyFault[] {
  if (time === undefined) return [];
  const { sources, backup } = time;
  const named =
    backup.kind === 'server' ? backup.address : backup.kind === 'reference-clock' ? backup.referenceId : null;
  return [
    ...sources.flatMap((source, index) => checkSource(source, `${path}.sources.${index}`)),
    ...(backup.kind === 'server' ? checkAddress(backup.address, `${path}.backup.address`) : []),
    ...(new Set(sources).size < sources.length
      ? [{ path: `${path}.sources`, rule: 'must name each source once', value: sources }]
      : []),
    ...(named !== null && sources.includes(named)
      ? [{ path: `${path}.backup`, rule: 'must be another than the sources: it takes over from them', value: named }]
      : []),
  ];
}

/** A name with a point or colon is an address to the host's script; names of hosts are not looked up there. */
function checkSource(source: string, path: string): PolicyFault[] {
  if (/^[0-9A-Za-z]{1,4}$/.test(source)) return [];
  return checkAddress(source, path);
}

function checkAddress(address: string, path: string): PolicyFault[] {
  if (isIP(address) !== 0 && !address.startsWith('127.') && address !== '::1') return [];
  return [{ path, rule: 'must be the address of another host, or the id of a reference clock', value: address }];
}

/** A reminder when the time is over would be none. */
function checkReminder({ timeoutMinutes, remindAfterMinutes }: Policy['approvals']): PolicyFault[] {
  if (remindAfterMinutes === undefined || remindAfterMinutes < timeoutMinutes) return [];
  const rule = `must be below approvals.timeoutMinutes, which is ${timeoutMinutes}`;
  return [{ path: 'approvals.remindAfterMinutes', rule, value: remindAfterMinutes }];
}
