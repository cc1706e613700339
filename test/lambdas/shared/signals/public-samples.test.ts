import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';

/** Public samples of AWS events are kept outside the repository, because their licences are not ours. */
const folder = process.env['FUSE_SHARED_EVENTS'] ?? join(import.meta.dirname, '../../../../../shared/events');
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];

/** What becomes of each sample that is known; one that is new must parse or be ignored as well. */
const expected: Readonly<Record<string, string>> = {
  'alarm-01-metric-alarm.json': 'overload',
  'alarm-02-metric-math-alarm.json': 'other-alarm',
  'alarm-03-composite-alarm.json': 'ignored',
  'alarm-05-ec2-cpu-alarm.json': 'overload',
  'alarm-06-ok-from-alarm.json': 'ignored',
  'alarm-07-insufficient-data.json': 'ignored',
  'alarm-08-configuration-change.json': 'ignored',
  'autoscaling-01-terminate-lifecycle.json': 'ignored',
  'cloudtrail-01-console-sign-in-eventbridge.json': 'ignored',
  'cloudtrail-02-console-login-record.json': 'ignored',
  'guardduty-01-ec2-c2-dns.json': 'ignored',
  'guardduty-02-ec2-rdp-bruteforce.json': 'ignored',
  'guardduty-03-ec2-portprobe.json': 'port-probe',
  'guardduty-07-attack-sequence-iam.json': 'account-threat',
  'guardduty-08-iam-password-policy.json': 'account-threat',
  'guardduty-09-s3-pentest.json': 'ignored',
  'guardduty-10-eks-privileged-container.json': 'account-threat',
  'guardduty-11-rds-tor.json': 'ignored',
  'ssm-01-command-status.json': 'ignored',
  'ssm-02-command-invocation-status.json': 'ignored',
};

describe.skipIf(files.length === 0)('public samples of AWS events', () => {
  it.each(files)('%s is understood', (file) => {
    const parsed = parseEvent(JSON.parse(readFileSync(join(folder, file), 'utf8')));

    const outcome = parsed.kind === 'signal' ? parsed.signal.kind : parsed.kind;
    expect(outcome).toBe(expected[file] ?? outcome);
  });
});
