import { describe, expect, it } from 'vitest';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { LookupFailedError } from '../../../../lambdas/shared/errors.ts';
import { readGuardFacts } from '../../../../lambdas/shared/guard/read-facts.ts';
import { FakeTable } from '../../../builders/fake-table.ts';

const [known, unknown] = ['i-0000000000000000a', 'i-0000000000000000b'];
const instance = {
  InstanceId: known,
  State: { Name: 'running' },
  Tags: [{ Key: 'connection-fuse:lifeline', Value: 'clearing' }],
};

/** An EC2 that knows one server, and notes who is asked before anybody has answered. */
function build(answer: (name: string) => unknown = () => undefined) {
  const asked: string[] = [];
  const table = new FakeTable();
  const send = async ({ constructor: { name } }: { constructor: { name: string } }) => {
    asked.push(name.replace('Command', ''));
    await new Promise(setImmediate);
    answer(name);
    return { Reservations: [{ Instances: [instance] }], NetworkInterfaces: [] };
  };
  return { asked, table, ec2: { send } as unknown as EC2Client };
}

describe('readGuardFacts', () => {
  it('reads the switch and the present tags, and has no facts about a server that EC2 does not know', async () => {
    const { ec2, table } = build();
    await table.audit.writeMode('armed', { setBy: 'test', reason: 'test', at: 'now' });

    const { mode, servers } = await readGuardFacts(ec2, table.audit, [known, unknown]);

    expect(mode).toBe('armed');
    expect([...servers.keys()]).toEqual([known]);
    expect(servers.get(known)).toMatchObject({ state: 'running', tags: { 'connection-fuse:lifeline': 'clearing' } });
  });

  it('is in shadow mode where nobody ever set the switch', async () => {
    const { ec2, table } = build();

    expect((await readGuardFacts(ec2, table.audit, [known])).mode).toBe('shadow');
  });

  it('asks for all of it at once', async () => {
    const { ec2, table, asked } = build();

    const reading = readGuardFacts(ec2, table.audit, [known]);

    expect([...asked, ...table.calls]).toEqual([
      'DescribeInstances',
      'DescribeNetworkInterfaces',
      'GetItem control mode',
    ]);
    await reading;
  });

  it.each(['DescribeInstances', 'DescribeNetworkInterfaces', 'GetItem'])(
    'has no facts at all when %s fails: nothing is guessed, so nothing is cut',
    async (lost) => {
      const fail = (name: string) => {
        if (name.startsWith(lost)) throw Object.assign(new Error('gone'), { name: 'AccessDeniedException' });
      };
      const { ec2, table } = build(fail);
      table.onCall = fail;

      await expect(readGuardFacts(ec2, table.audit, [known])).rejects.toThrow(LookupFailedError);
    },
  );
});
